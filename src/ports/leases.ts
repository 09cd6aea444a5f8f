/**
 * Claims that hold between processes and end by themselves, by the database's clock.
 *
 * Guarantee: at most one holder of a name at a time, except that a holder which fell silent past its time may still
 * believe it holds it: what is done under a lease must be harmless when done twice.
 */
export interface Leases {
  /** True: held by `holder` for `ms` from now at least, anew or still (what was promised before is not cut short). False: someone else holds it. */
  acquire(name: LeaseName, holder: string, ms: number): Promise<boolean>;
  /** Gives it up. False: it was not held by `holder`, perhaps because its time was over; that is no error. */
  release(name: LeaseName, holder: string): Promise<boolean>;
  /** Who holds it now, and until when. */
  holding(name: LeaseName): Promise<Holding | null>;
  /** Whether anyone holds it now, and until when. */
  heldUntil(name: LeaseName): Promise<Date | null>;
}

export interface Holding {
  readonly holder: string;
  readonly until: Date;
}

/**
 * `backup`: bodies must not be erased or swept. `sweep`: one node at a time looks for orphans. `full_sweep`: nobody needs
 * to look through all bodies again before it ends; taken at the end of a pass that did. `body_bytes`: one node at a time
 * fills in lengths.
 */
export type LeaseName = 'backup' | 'sweep' | 'full_sweep' | 'body_bytes';
