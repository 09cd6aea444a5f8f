// tsc emits only JavaScript; the migrations are data that the server reads beside its compiled schema.
import { cpSync } from 'node:fs';

for (const dialect of ['mysql', 'sqlite']) {
  cpSync(`schema/${dialect}/migrations`, `dist/schema/${dialect}/migrations`, { recursive: true });
}
