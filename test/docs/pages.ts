import { readdirSync, readFileSync } from 'node:fs';

/** A fenced block of a page: `json frame` has language `json` and the label `frame`. */
export interface Block {
  readonly language: string;
  readonly label: string;
  readonly text: string;
}

/** Every page of the repository that people read, from its root. */
export function pages(): readonly string[] {
  const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...docs.sort()];
}

export function blocksOf(path: string): readonly Block[] {
  return Array.from(
    read(path).matchAll(/^```(\w+)[ ]?(.*)\n([^]*?)^```$/gm),
    ([, language = '', label = '', text = '']) => ({
      language,
      label,
      text,
    }),
  );
}

/** The cells of every table row of the page, without the rows of dashes. */
export function rowsOf(path: string): readonly (readonly string[])[] {
  return read(path)
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The page without its fenced blocks. */
export function proseOf(path: string): string {
  return read(path).replaceAll(/^```[^]*?^```$/gm, '');
}

export function read(path: string): string {
  return readFileSync(path, 'utf8');
}
