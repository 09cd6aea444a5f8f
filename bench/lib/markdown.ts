import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { conditionsOf, HEADINGS, rowOf, type Report } from './report.js';

const BEGIN = '<!-- figures: written by `npm run bench -- --markdown`, not by hand -->';
const END = '<!-- end of figures -->';

/** Puts the figures of a JSON report between two marks of a document, in place of what is there. */
export async function writeMarkdown(reportFile: string, document: string): Promise<void> {
  const report = JSON.parse(await readFile(reportFile, 'utf8')) as Report;
  const text = await readFile(document, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${document} has no place for figures`);
  const whole = `${text.slice(0, begin)}${BEGIN}\n\n${markdownOf(report)}\n\n${text.slice(end)}`;
  const options = await resolveConfig(document);
  await writeFile(document, await format(whole, { ...options, filepath: document }));
}

/** Conditions first, then a table for each storage, with the notes below it. */
export function markdownOf(report: Report): string {
  const storages = [...new Set(report.figures.map(({ storage }) => storage))];
  const tables = storages.map((storage) => {
    const figures = report.figures.filter((figure) => figure.storage === storage);
    const head = HEADINGS.filter((_, column) => column !== STORAGE);
    const rows = figures.map((figure) => rowOf(figure).filter((_, column) => column !== STORAGE));
    const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`);
    const notes = figures.flatMap(({ what, note }) => (note === undefined ? [] : [`- \\* ${what}: ${note}`]));
    return [`### ${TITLES[storage] ?? storage}`, lines.join('\n'), notes.join('\n')].join('\n\n');
  });
  const date = report.startedAt.slice(0, 10);
  return [
    `Measured on ${date}:`,
    conditionsOf(report)
      .map((fact) => `- ${fact}`)
      .join('\n'),
    ...tables,
  ].join('\n\n');
}

/** Column of the storage, which has a heading of its own here. */
const STORAGE = 1;
const TITLES: Readonly<Record<string, string>> = {
  embedded: 'SQLite',
  split: 'MariaDB + MongoDB',
  '-': 'The load client alone',
};

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*');
}
