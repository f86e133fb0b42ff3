// As much of the WebSocket protocol (RFC 6455) as an echo needs: whole messages of up to 64 KiB.
import { createHash } from 'node:crypto';

const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

export function handshake(request, socket) {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
}

/** Sends back what arrives; returns a function that closes the connection in order. */
export function echoFrames(socket) {
  let waiting = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (let frame = read(waiting); frame; frame = read(waiting)) {
      waiting = waiting.subarray(frame.end);
      answer(socket, frame);
    }
  });
  const goingAway = Buffer.from([0x03, 0xe9]);
  return () => socket.end(write(opcodes.close, goingAway));
}

function answer(socket, { opcode, payload }) {
  if (opcode === opcodes.text || opcode === opcodes.binary) socket.write(write(opcode, payload));
  if (opcode === opcodes.ping) socket.write(write(opcodes.pong, payload));
  if (opcode === opcodes.close) socket.end(write(opcodes.close, payload));
}

/** The first frame, unmasked, and where it ends; undefined while it has not arrived whole. */
function read(buffer) {
  if (buffer.length < 2) return undefined;
  const isLong = (buffer[1] & 0x7f) === 126;
  const start = isLong ? 8 : 6;
  if (buffer.length < start) return undefined;
  const length = isLong ? buffer.readUInt16BE(2) : buffer[1] & 0x7f;
  const end = start + length;
  if (buffer.length < end) return undefined;
  const mask = buffer.subarray(start - 4, start);
  const payload = buffer.subarray(start, end).map((byte, index) => byte ^ mask[index % 4]);
  return { opcode: buffer[0] & 0x0f, payload, end };
}

function write(opcode, payload) {
  const isLong = payload.length > 125;
  const header = Buffer.alloc(isLong ? 4 : 2);
  header[0] = 0x80 | opcode;
  header[1] = isLong ? 126 : payload.length;
  if (isLong) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}
