'use strict';
// WebSockets that say every message again: node ws-server.js PORT. GET /say/TEXT tells all of them something, GET /close closes them.
const http = require('http');
const { WebSocketServer } = require('ws');

const server = http.createServer((request, response) => {
  const [, action, text] = request.url.split('/');
  for (const socket of sockets.clients) {
    if (action === 'say') {
      socket.send(text);
    } else if (action === 'close') {
      socket.close(1001, 'closed by the server');
    }
  }
  response.end('done');
});
const sockets = new WebSocketServer({ server, perMessageDeflate: true });
sockets.on('connection', socket => socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary })));
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
