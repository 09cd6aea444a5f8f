/**
 * Resolves in the next turn of the event loop, when what has arrived meanwhile was served. For between the steps of long
 * work: over an embedded database promises settle in the turn in which they are made, and awaiting them yields nothing.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
