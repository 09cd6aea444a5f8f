/** The mask is all zeros: a client must send one, and zeros leave the payload as it is, so it can be patched in place. */
const MASK_BYTES = 4;

/** A whole client-to-server text frame (RFC 6455, 5.2), ready to be written. */
export function maskedFrame(text: string, opcode = 1): Buffer {
  const payload = Buffer.from(text, 'utf8');
  const length = payload.byteLength;
  const head = length < 126 ? 2 : 4;
  if (length > 0xffff) throw new Error('the load client sends no frame over 64 KiB');
  const frame = Buffer.alloc(head + MASK_BYTES + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) frame.writeUInt16BE(length, 2);
  payload.copy(frame, head + MASK_BYTES);
  return frame;
}
