'use strict';
// Makes each call once and says how it ended: node grpc-client.js ADDRESS HOST [AUTHORITY]. With a file of authorities it speaks TLS.
const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const service = require('./grpc-service');

const [address, host, authority] = process.argv.slice(2);
const credentials = authority ? grpc.credentials.createSsl(fs.readFileSync(authority), null, null, {
  // Node.js takes no certificate for *.test; who signed it is still looked at.
  checkServerIdentity: () => undefined,
}) : grpc.credentials.createInsecure();
const Client = grpc.makeClientConstructor(service, 'Echo');
const client = new Client(address, credentials, { 'grpc.default_authority': host, 'grpc.ssl_target_name_override': host });

const unary = (name, message, metadata = new grpc.Metadata()) => new Promise(end => {
  const got = {};
  const call = client[name](message, metadata, (error, answer) => { got.error = error; got.answer = answer; });
  call.on('status', status => { got.status = status; end(got); });
});
const ended = call => new Promise(end => { call.on('status', end); call.on('error', () => {}); });

const calls = {
  async unary() {
    const metadata = new grpc.Metadata();
    metadata.set('x-text', 'some text');
    metadata.set('x-bytes-bin', Buffer.from([0, 255, 10]));
    const message = Buffer.alloc(3_000_000, 'abc');
    const { answer, status } = await unary('Unary', message, metadata);
    if (status.code !== 0) {
      return `${status.code} ${status.details}`;
    }
    return `${status.code} ${answer.equals(message)} ${status.metadata.get('x-seen')} ${status.metadata.get('x-seen-bin')[0].toString('hex')}`;
  },

  async fail() {
    const { error } = await unary('Fail', Buffer.from('x'));
    return `${error.code} ${error.details} ${error.metadata.get('grpc-status-details-bin')[0].toString('hex')}`;
  },

  async collect() {
    let answer;
    const call = client.Collect((error, message) => { answer = message; });
    for (let i = 0; i < 1000; i++) {
      if (!call.write(Buffer.alloc(1000))) {
        await new Promise(drained => call.once('drain', drained));
      }
    }
    call.end();
    const status = await ended(call);
    return `${status.code} ${answer}`;
  },

  async count() {
    const call = client.Count(Buffer.from('5000'));
    let count = 0, inOrder = true;
    call.on('data', message => { count++; inOrder = inOrder && Number(message) === count; });
    return `${(await ended(call)).code} ${count} ${inOrder}`;
  },

  // Each message is sent when the answer to the one before it has come.
  async talk() {
    const call = client.Talk();
    let turns = 0;
    call.on('data', message => {
      if (`${message}` !== `you said ${turns}`) {
        call.cancel();
      } else if (++turns < 500) {
        call.write(Buffer.from(String(turns)));
      } else {
        call.end();
      }
    });
    call.write(Buffer.from('0'));
    return `${(await ended(call)).code} ${turns}`;
  },

  async deadline() {
    const call = client.Sleep(Buffer.from('deadline'), { deadline: Date.now() + 300 });
    call.on('data', () => {});
    return `${(await ended(call)).code}`;
  },

  async cancel() {
    const call = client.Sleep(Buffer.from('cancel'));
    call.on('data', () => {});
    call.on('metadata', () => call.cancel());
    return `${(await ended(call)).code}`;
  },
};

(async () => {
  for (const [name, make] of Object.entries(calls)) {
    console.log(`${name}: ${await make()}`);
  }
  // Whoever started this ends it, when all of the above has been read.
  setInterval(() => {}, 1 << 30);
})();
