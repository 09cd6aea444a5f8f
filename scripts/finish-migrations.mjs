// drizzle-kit writes one file per change of the schema. A migration is one statement: MySQL commits each DDL statement by
// itself, so that is the unit that can be applied, recorded and, after a crash, continued. Files already split stay.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// The database's own default may be latin1 or MyISAM; drizzle-kit has no way to say this.
const TABLE_OPTIONS = ' ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
const GENERATED = /^(\d{4})_(?!\d{2}_).*\.sql$/;

const NAMES = [
  [/^CREATE TABLE `(\w+)`/, 'create'],
  [/^CREATE INDEX `(\w+)`/, 'index'],
  [/^CREATE UNIQUE INDEX `(\w+)`/, 'unique'],
  [/^ALTER TABLE `\w+` ADD CONSTRAINT `(\w+)`/, 'constraint'],
  [/^ALTER TABLE `(\w+)`/, 'alter'],
  [/^DROP (?:TABLE|INDEX) `(\w+)`/, 'drop'],
];

function nameOf(statement) {
  for (const [pattern, verb] of NAMES) {
    const name = pattern.exec(statement)?.[1];
    if (name !== undefined) return `${verb}_${name}`;
  }
  return 'statement';
}

for (const dialect of ['mysql', 'sqlite']) {
  const folder = join('schema', dialect, 'migrations');
  for (const file of readdirSync(folder).sort()) {
    const number = GENERATED.exec(file)?.[1];
    if (number === undefined) continue;
    const statements = readFileSync(join(folder, file), 'utf8')
      .split('--> statement-breakpoint')
      .map((statement) => statement.trim().replace(/;$/, '').replaceAll('\t', '  '))
      .filter((statement) => statement !== '');
    statements.forEach((statement, at) => {
      const options = dialect === 'mysql' && statement.startsWith('CREATE TABLE') ? TABLE_OPTIONS : '';
      const step = String(at + 1).padStart(2, '0');
      writeFileSync(join(folder, `${number}_${step}_${nameOf(statement)}.sql`), `${statement}${options};\n`);
    });
    rmSync(join(folder, file));
  }
}
