/** Bytes that a frame of a server takes on the wire: its header (RFC 6455, 5.2; a server masks nothing) and its payload. */
export function frameBytes(payloadBytes: number): number {
  return payloadBytes + (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10);
}
