import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createClient } from '@libsql/client';
import { MongoClient, type Document } from 'mongodb';
import type { StorageSettings } from '../../src/config/settings.js';
import { findBinary } from '../helpers/servers/find-binary.js';
import { MissingServerError } from '../helpers/servers/server.js';

export type Split = Extract<StorageSettings, { kind: 'split' }>;
export type Embedded = Extract<StorageSettings, { kind: 'embedded' }>;

/** As operators do it: with the dump program, in one transaction, beside the running server. */
export async function dumpSql({ mysql }: Split, file: string): Promise<void> {
  const args = [...login(mysql), '--single-transaction', '--skip-lock-tables', '--no-tablespaces', mysql.database];
  const child = spawn(program('mariadb-dump', 'mysqldump'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said] = await Promise.all([
    textOf(child.stderr),
    pipeline(child.stdout, createWriteStream(file)),
    exit(child),
  ]);
  if (child.exitCode !== 0) throw new Error(`the dump ended with ${child.exitCode}: ${said}`);
}

export async function restoreSql({ mysql }: Split, file: string): Promise<void> {
  const child = spawn(program('mariadb', 'mysql'), [...login(mysql), mysql.database], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const [said] = await Promise.all([textOf(child.stderr), pipeline(createReadStream(file), child.stdin), exit(child)]);
  if (child.exitCode !== 0) throw new Error(`the restore ended with ${child.exitCode}: ${said}`);
}

/** What mongodump would write, kept in memory. */
export async function dumpBodies({ mongodb }: Split): Promise<Document[]> {
  return withMongo(mongodb.url, (client) => client.db(mongodb.database).collection('messages').find().toArray());
}

export async function restoreBodies({ mongodb }: Split, documents: Document[]): Promise<void> {
  await withMongo(mongodb.url, async (client) => {
    if (documents.length > 0) await client.db(mongodb.database).collection('messages').insertMany(documents);
  });
}

/** A copy as of one moment, beside the running server. */
export async function dumpEmbedded({ file }: Embedded, copy: string): Promise<void> {
  const client = createClient({ url: `file:${file}` });
  try {
    await client.execute({ sql: 'VACUUM INTO ?', args: [copy] });
  } finally {
    client.close();
  }
}

export async function restoreEmbedded({ dataDir }: Embedded, copy: string): Promise<void> {
  await copyFile(copy, join(dataDir, 'parley.db'));
}

function login({ host, port, user, password }: Split['mysql']): string[] {
  return [`--host=${host}`, `--port=${port}`, '--protocol=tcp', `--user=${user}`, `--password=${password}`];
}

function program(...names: string[]): string {
  const found = findBinary(...names);
  if (found === undefined) {
    throw new MissingServerError(
      names.join(' or '),
      'It comes with mariadb-client: run .ci/install-servers.sh as root.',
    );
  }
  return found;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString();
  return text;
}

async function exit(child: ReturnType<typeof spawn>): Promise<void> {
  await once(child, 'exit');
}

async function withMongo<T>(url: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(url);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
