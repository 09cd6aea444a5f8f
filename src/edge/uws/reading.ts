import type { HttpResponse } from 'uWebSockets.js';

/** The native side drops a body that takes over 10 s at less than 16 KB/s; starting its clock anew leaves it to ours. */
const KEEP_READING_MS = 5_000;

/** Trailers behind a chunked body come with it; a client that goes away while its handler works is noticed after this. */
const TRAILERS_MS = 1_000;

/** Whether the native side reads on for a request that is not answered yet. */
export class NativeReading {
  private timer: NodeJS.Timeout | undefined;

  /** `guard` runs a step while the response is still there, and catches what it throws. */
  constructor(
    private readonly res: HttpResponse,
    private readonly guard: (step: () => void) => void,
  ) {}

  /** For as long as it takes. */
  keep(): void {
    this.timer = setInterval(() => this.guard(() => this.restartNativeClock()), KEEP_READING_MS);
  }

  /**
   * The native parser takes the trailers of a chunked body for another request and answers them with an error. What
   * comes behind such a body is therefore not read: its answer is the last one of the connection. Reading goes on only
   * while a handler takes long, because a client that goes away is not noticed otherwise.
   */
  hold(): void {
    this.res.pause();
    this.timer = setTimeout(() => {
      this.guard(() => this.restartNativeClock());
      this.keep();
    }, TRAILERS_MS);
  }

  /** Leaves it as it is. */
  stop(): void {
    clearInterval(this.timer);
  }

  private restartNativeClock(): void {
    this.res.pause();
    this.res.resume();
  }
}
