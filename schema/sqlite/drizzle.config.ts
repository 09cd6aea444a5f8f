import { defineConfig } from 'drizzle-kit';

/** Generated files are finished by scripts/finish-migrations.mjs: one statement each, fit to be run again. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './schema/sqlite/tables.ts',
  out: './schema/sqlite/migrations',
});
