/**
 * Starts the built server as a user would, on embedded storage and on MySQL/MariaDB + MongoDB, and drives it with curl and
 * wscat: two people register, open a direct and a group chat, send, edit, delete and read, over REST and sockets, live.
 * Prints one line per check and closes with the totals; exits 1 if a check failed.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { startMariaDb } from '../test/helpers/servers/mariadb.js';
import { startMongoDb } from '../test/helpers/servers/mongodb.js';

const run = promisify(execFile);
const totals = { passed: 0, failed: 0 };

function check(name: string, ok: boolean, seen: unknown): void {
  totals[ok ? 'passed' : 'failed'] += 1;
  console.log(`  ${ok ? 'ok  ' : 'FAIL'} ${name}${ok ? '' : `: ${JSON.stringify(seen)}`}`);
}

interface Json {
  [key: string]: unknown;
}

/** One request by curl: status and parsed body. */
async function curl(
  url: string,
  method: string,
  token: string | null,
  body?: Json,
): Promise<{ status: number; json: Json }> {
  const args = ['-s', '-X', method, '-w', '\n%{http_code}', url];
  if (token !== null) args.push('-H', `Authorization: Bearer ${token}`);
  if (body !== undefined) args.push('-H', 'Content-Type: application/json', '-d', JSON.stringify(body));
  const { stdout } = await run('curl', args, { timeout: 20_000 });
  const cut = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(cut + 1)), json: JSON.parse(stdout.slice(0, cut)) as Json };
}

interface Wscat {
  next(type: string): Promise<Json>;
  send(frame: Json): void;
  /** Resolves once the socket is live. */
  live(): Promise<void>;
  stop(): void;
}

/** A wscat that stays open; `next` waits for a frame. */
function wscat(url: string): Wscat {
  const child = spawn('node_modules/.bin/wscat', ['--no-color', '-c', url], { stdio: ['pipe', 'pipe', 'inherit'] });
  const frames: Json[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const start = line.indexOf('{');
    if (start < 0) return;
    try {
      frames.push(JSON.parse(line.slice(start)) as Json);
    } catch {
      frames.push({ type: 'unreadable', line });
    }
    lines.emit('frame');
  });
  async function next(type: string): Promise<Json> {
    const deadline = AbortSignal.timeout(10_000);
    for (;;) {
      const index = frames.findIndex((frame) => frame['type'] === type);
      if (index >= 0) return frames.splice(index, 1)[0] ?? {};
      await once(lines, 'frame', { signal: deadline }).catch(() => {
        throw new Error(`no ${type} frame within 10 s`);
      });
    }
  }
  const send = (frame: Json): void => void child.stdin.write(`${JSON.stringify(frame)}\n`);
  return {
    next,
    send,
    async live() {
      // What is typed before the connection stands is lost, and without a terminal wscat does not say when it does.
      const timer = setInterval(() => send({ type: 'ping' }), 250);
      await next('pong').finally(() => clearInterval(timer));
    },
    stop: () => child.kill('SIGTERM'),
  };
}

interface Running {
  readonly url: string;
  readonly process: ChildProcess;
}

/** The built server as `npm start` runs it, on any free port; its JSON log says which. */
async function startServer(env: Record<string, string>): Promise<Running> {
  const child = spawn('node', ['dist/src/main.js'], {
    env: { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as Json;
    if (typeof event['url'] === 'string') return { url: event['url'], process: child };
  }
  throw new Error('the server ended before it listened');
}

async function drive({ url, process: server }: Running): Promise<void> {
  const api = `${url}/api/v1`;
  check('GET /health', (await curl(`${url}/health`, 'GET', null)).json['status'] === 'healthy', 'not healthy');

  const register = async (username: string) => {
    const answer = await curl(`${api}/users/register`, 'POST', null, {
      username,
      email: `${username}@example.com`,
      password: 'correct horse battery',
    });
    check(`register ${username}`, answer.status === 201, answer);
    return { id: answer.json['id'] as number, token: answer.json['access_token'] as string };
  };
  const ann = await register('ann');
  const ben = await register('ben');
  const login = await curl(`${api}/users/login`, 'POST', null, { username: 'ann', password: 'correct horse battery' });
  check('log in', login.status === 200 && login.json['token_type'] === 'bearer', login);

  const direct = await curl(`${api}/chats/`, 'POST', ann.token, { chat_type: 'direct', participant_ids: [ben.id] });
  check('open a direct chat', direct.status === 201, direct);
  const group = await curl(`${api}/chats`, 'POST', ann.token, {
    chat_type: 'group',
    name: 'Team',
    participant_ids: [ben.id],
  });
  check('create a group', group.status === 201, group);
  const chatId = direct.json['id'] as number;

  const socket = wscat(`${url.replace('http', 'ws')}/api/v1/ws/${chatId}?token=${ben.token}`);
  // Live before the other one comes, so that it sees them come.
  await socket.live();
  const annSocket = wscat(`${url.replace('http', 'ws')}/api/v1/ws/${chatId}?token=${ann.token}`);
  try {
    check('presence reaches the other', (await socket.next('user_joined'))['user_id'] === ann.id, 'other user');
    const sent = await curl(`${api}/messages/`, 'POST', ann.token, { chat_id: chatId, content: 'hello over REST' });
    check('send by REST', sent.status === 201 && sent.json['seq'] === 1, sent);
    const live = await socket.next('new_message');
    check('it arrives live', (live['message'] as Json)['content'] === 'hello over REST', live);

    socket.send({ type: 'message', content: 'hello over a socket', client_message_id: 'c-1', id: 7 });
    const ack = await socket.next('ack');
    check('send by socket, acknowledged', ack['seq'] === 2 && ack['id'] === 7, ack);
    await annSocket.next('new_message');
    const second = await annSocket.next('new_message');
    check(
      'and live for the sender of the first',
      (second['message'] as Json)['content'] === 'hello over a socket',
      second,
    );
    socket.send({ type: 'typing', content: 'start' });
    check('typing', (await annSocket.next('typing_started'))['user_id'] === ben.id, 'other user');

    const id = sent.json['id'] as number;
    const edited = await curl(`${api}/messages/${id}`, 'PUT', ann.token, { content: 'hello, edited' });
    check('edit', edited.status === 200 && edited.json['is_edited'] === true, edited);
    check('edit arrives live', (await socket.next('message_updated'))['chat_id'] === chatId, 'other chat');
    const removed = await curl(`${api}/messages/${ack['message_id'] as number}`, 'DELETE', ben.token);
    check('delete', removed.status === 200, removed);
    check('delete arrives live', (await annSocket.next('message_deleted'))['seq'] === 2, 'other seq');

    const history = await curl(`${api}/messages/chat/${chatId}`, 'GET', ben.token);
    const items = history.json['items'] as Json[];
    check('history', items.length === 1 && items[0]?.['content'] === 'hello, edited', history);
    const inGroup = await curl(`${api}/messages/`, 'POST', ben.token, { chat_id: group.json['id'], content: 'hi all' });
    check('send to the group', inGroup.status === 201, inGroup);
    const list = await curl(`${api}/chats/`, 'GET', ann.token);
    check('chat list shows it', ((list.json['items'] as Json[])[0] ?? {})['last_message'] === 'hi all', list);
  } finally {
    socket.stop();
    annSocket.stop();
  }

  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  check('SIGTERM ends it with exit code 0', code === 0, code);
}

async function driveOn(title: string, env: Record<string, string>): Promise<void> {
  console.log(title);
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-drive-'));
  let server: Running | null = null;
  try {
    server = await startServer({ DATA_DIR: dataDir, ...env });
    await drive(server);
  } catch (error) {
    check(`${title} runs to the end`, false, String(error));
  } finally {
    if (server !== null && server.process.exitCode === null) server.process.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
}

await driveOn('Embedded storage', {});
const sql = await startMariaDb();
const mongo = await startMongoDb();
try {
  await driveOn('MariaDB + MongoDB', {
    DATABASE_URL: sql.url,
    MONGODB_URL: mongo.url,
    MONGODB_DATABASE: 'drive',
    SECRET_KEY: 'a key for this drive only, 0123456789',
  });
} finally {
  await mongo.stop();
  await sql.stop();
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
