let last = 0;

/** A number no other socket of this process has, whichever listener it came through. */
export function nextSocketId(): number {
  last += 1;
  return last;
}
