/** A close frame has room for 123 bytes of text (RFC 6455, 5.5); a character is never cut in two. */
export function closeReason(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > 123) text = [...text].slice(0, -1).join('');
  return text;
}
