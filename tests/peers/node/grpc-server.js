'use strict';
// A gRPC server: node grpc-server.js PORT [CERTIFICATE KEY]. Says on standard output what its clients do.
const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const service = require('./grpc-service');

const [port, certificate, key] = process.argv.slice(2);
const server = new grpc.Server();

server.addService(service, {
  // Says the message again, with the metadata that came.
  Unary(call, done) {
    const trailers = new grpc.Metadata();
    trailers.set('x-seen', call.metadata.get('x-text')[0] ?? '');
    trailers.set('x-seen-bin', call.metadata.get('x-bytes-bin')[0] ?? Buffer.alloc(0));
    done(null, call.request, trailers);
  },

  // An error before any message: an answer of trailers only.
  Fail(call, done) {
    const details = new grpc.Metadata();
    details.set('grpc-status-details-bin', Buffer.from([0, 1, 2, 255]));
    done({ code: grpc.status.FAILED_PRECONDITION, details: 'not today: ä', metadata: details });
  },

  // Sends its head and then nothing.
  Sleep(call) {
    call.sendMetadata(new grpc.Metadata());
    call.on('cancelled', () => console.log(`cancelled ${call.request}`));
  },

  Collect(call, done) {
    let count = 0, length = 0;
    call.on('data', message => { count++; length += message.length; });
    call.on('end', () => done(null, Buffer.from(`${count} messages of ${length} bytes`)));
  },

  Count(call) {
    const most = Number(call.request);
    let next = 1;
    const write = () => {
      while (next <= most) {
        if (!call.write(Buffer.from(String(next++)))) {
          call.once('drain', write);
          return;
        }
      }
      call.end();
    };
    write();
  },

  Talk(call) {
    call.on('data', message => call.write(Buffer.from(`you said ${message}`)));
    call.on('end', () => call.end());
  },
});

const credentials = certificate
  ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: fs.readFileSync(certificate), private_key: fs.readFileSync(key) }])
  : grpc.ServerCredentials.createInsecure();
server.bindAsync(`127.0.0.1:${port}`, credentials, error => console.log(error ? `failed ${error}` : 'ready'));
