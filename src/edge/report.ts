/** Tells whoever runs the listener what went wrong inside it. `cause` is for a log that redacts, never for a client. */
export type Report = (message: string, cause?: unknown) => void;
