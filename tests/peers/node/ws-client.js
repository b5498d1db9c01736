'use strict';
// Two WebSockets: one that never rests and one that only listens. node ws-client.js URL HOST. Says on standard output what happens.
const { WebSocket } = require('ws');

const [url, host] = process.argv.slice(2);
const open = () => new WebSocket(url, { headers: { Host: host }, servername: host, rejectUnauthorized: false });
const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 251));

const busy = open();
let echoes = 0;
const next = () => (echoes % 2 ? busy.send(bytes) : busy.send(`message ${echoes}`));
busy.on('open', () => { console.log('busy opened'); next(); });
busy.on('message', (message, isBinary) => {
  // What the server tells all sockets is not an echo.
  if (!isBinary && !`${message}`.startsWith('message ')) {
    console.log(`busy heard ${message} after ${echoes} echoes`);
    return;
  }
  const whole = echoes % 2 ? isBinary && bytes.equals(message) : `${message}` === `message ${echoes}`;
  if (!whole) {
    console.log(`busy got something else as echo ${echoes}`);
  }
  echoes++;
  setTimeout(() => busy.readyState === WebSocket.OPEN && next(), 1);
});

const idle = open();
idle.on('open', () => console.log('idle opened'));
idle.on('message', message => console.log(`idle heard ${message}`));

for (const [name, socket] of [['busy', busy], ['idle', idle]]) {
  socket.on('error', error => console.log(`${name} failed ${error.message}`));
  socket.on('close', (code, reason) => console.log(`${name} closed ${code} ${reason}`));
}
