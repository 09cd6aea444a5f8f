import { defineConfig } from 'drizzle-kit';

/** Generated files are finished by scripts/finish-migrations.mjs: one statement each, fit to be run again. */
export default defineConfig({
  dialect: 'mysql',
  schema: './schema/mysql/tables.ts',
  out: './schema/mysql/migrations',
});
