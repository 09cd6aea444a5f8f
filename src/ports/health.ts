export type StoreState = 'up' | 'down' | 'embedded';

/** The state of the stores this process needs, asked for now and bounded to two seconds. */
export interface StoreHealth {
  check(): Promise<{ readonly mysql: StoreState; readonly mongodb: StoreState; readonly warnings: readonly string[] }>;
}
