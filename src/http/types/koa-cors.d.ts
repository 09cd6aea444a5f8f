declare module '@koa/cors' {
  import type { Context, Middleware } from 'koa';

  /** The options in use; the package ships no types of its own. */
  interface CorsOptions {
    /** The value of Access-Control-Allow-Origin; empty = this origin gets no CORS headers. */
    origin: (context: Context) => string;
    allowMethods: readonly string[];
    allowHeaders: readonly string[];
    exposeHeaders: readonly string[];
    /** Seconds that a browser may keep a preflight's answer. */
    maxAge: number;
  }

  export default function cors(options: CorsOptions): Middleware;
}
