'use strict';
// The calls of both sides. Messages are plain bytes, so that no compiler of protocol files is needed.
const bytes = message => message;
const call = (name, requestStream, responseStream) => ({
  path: `/peer.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});

module.exports = {
  Unary: call('Unary', false, false),
  Fail: call('Fail', false, false),
  Sleep: call('Sleep', false, true),
  Collect: call('Collect', true, false),
  Count: call('Count', false, true),
  Talk: call('Talk', true, true),
};
