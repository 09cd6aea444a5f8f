/** Resolves when the work has ended or the time is over, whichever comes first; `onLate` is called if it is the time. */
export async function within(work: Promise<void>, ms: number, onLate: () => void = () => undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onLate();
      resolve();
    }, ms);
  });
  await Promise.race([work, late]).finally(() => {
    clearTimeout(timer);
  });
}
