/** The version that `GET /`, `/api/v1/info` and the logs name; a test holds it equal to package.json. */
export const VERSION = '0.1.0';
