import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { trackInFlight, type InFlight } from '../../src/http/in-flight.js';
import { createRandom, type Random } from '../helpers/random.js';
import { KINDS, startEdge, until, type Edge } from './support/edge.js';
import { heldNow, isBackTo, type Held } from './support/leaks.js';
import type { RawClient } from './support/raw-client.js';

const BODY = '{"content":"hello"}';
const ENDINGS = ['fin', 'reset', 'half'] as const;
type Ending = (typeof ENDINGS)[number];

/** One POST with BODY, in three chunks or with a length. */
function post(path: string, chunked: boolean): string {
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
  if (!chunked) return `${head}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
  const parts = [BODY.slice(0, 5), BODY.slice(5, 6), BODY.slice(6)];
  const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
  return `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
}

for (const kind of KINDS) {
  describe(`edge ${kind}: clients that go away`, function () {
    this.timeout(60_000);
    let edge: Edge;
    let requests: InFlight;
    let baseline: Held;
    /** How often each path's whole body has reached the handler. */
    const whole = new Map<string, number>();
    const held: ServerResponse[] = [];

    async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of request) chunks.push(chunk as Buffer);
      } catch {
        return; // the body was cut off
      }
      const path = request.url ?? '';
      if (request.method === 'POST' && Buffer.concat(chunks).toString() === BODY) {
        whole.set(path, (whole.get(path) ?? 0) + 1);
      }
      if (path.startsWith('/held')) held.push(response);
      else response.end(path.startsWith('/large') ? Buffer.alloc(4 * 1_048_576) : 'ok');
    }

    before(async () => {
      requests = trackInFlight(handle);
      edge = await startEdge(kind, { onRequest: requests.handle });
      // What opens once with the first request is no leak.
      const client = await edge.connect();
      await client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').response();
      await client.end();
    });
    beforeEach(async () => {
      whole.clear();
      held.length = 0;
      // A turn later the runner's own timer counts, as it does in the test.
      await new Promise((resolve) => setImmediate(resolve));
      baseline = heldNow();
    });
    after(() => edge.stop());

    function leave(client: RawClient, ending: Ending): void {
      if (ending === 'reset') client.socket.resetAndDestroy();
      else if (ending === 'fin') client.destroy();
      else client.socket.end();
    }

    /** Sends what comes before `at`, in up to three pieces with turns of the loop between them, then goes away. */
    async function cutOff(text: string, at: number, ending: Ending, random: Random): Promise<RawClient> {
      const client = await edge.connect();
      const cuts = [random.below(at + 1), random.below(at + 1)].sort((one, other) => one - other);
      let from = 0;
      for (const cut of [...cuts, at]) {
        if (cut > from) client.write(text.slice(from, cut));
        from = cut;
        for (let turns = random.below(4); turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve));
      }
      leave(client, ending);
      return client;
    }

    /** In flight back to zero, nothing held, nothing reported, and the next client is served. */
    async function expectClean(note: string, clients: readonly RawClient[] = []): Promise<void> {
      await requests.idle();
      for (const client of clients) if (!client.closed) client.destroy();
      const next = await edge.connect();
      const answer = await next.write('GET /alive HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').response();
      expect(answer.status, note).to.equal(200);
      await next.end();
      expect(edge.warnings, note).to.deep.equal([]);
      await until(() => isBackTo(baseline), `${note}: ${JSON.stringify([baseline, heldNow()])} are equal`);
    }

    for (const chunked of [false, true]) {
      it(`at every byte of a request ${chunked ? 'in chunks' : 'with a length'}: handled once if it was whole, else never`, async () => {
        const random = createRandom();
        const note = `seed ${random.seed}`;
        const size = post('/cut/000', chunked).length;
        const pathOf = (at: number): string => `/cut/${String(at).padStart(3, '0')}`;
        // Whole from the length of the last chunk on (RFC 9112, 8): the empty line behind it says nothing.
        const enough = chunked ? size - '\r\n'.length : size;
        for (const ending of ENDINGS) {
          const clients: RawClient[] = [];
          for (let from = 0; from <= size; from += 16) {
            const offsets = Array.from({ length: Math.min(16, size + 1 - from) }, (_, index) => from + index);
            const cut = (at: number): Promise<RawClient> => cutOff(post(pathOf(at), chunked), at, ending, random);
            clients.push(...(await Promise.all(offsets.map(cut))));
          }
          // A reset may take along what the server has not read; a close comes behind the last byte.
          if (ending !== 'reset')
            await until(() => whole.has(pathOf(size)), `${note}, ${ending}: the whole one arrives`);
          await expectClean(`${note}, ${ending}`, clients);
          for (const [path, times] of whole) {
            expect(path >= pathOf(enough), `${note}, ${ending}: ${path} was whole`).to.equal(true);
            expect(times, `${note}, ${ending}: ${path}`).to.equal(1);
          }
          whole.clear();
        }
      });
    }

    it('after the body and before the answer: the handler goes on, and its late answer is dropped', async () => {
      const answers: ((response: ServerResponse) => void)[] = [
        (response) => response.end('late'),
        (response) => response.end(Buffer.alloc(1_048_576)),
        (response) => void response.writeHead(201, { 'X-Late': '1' }).end(),
        (response) => response.destroy(),
      ];
      for (const ending of ENDINGS) {
        const clients: RawClient[] = [];
        for (const [index] of answers.entries()) {
          const client = await edge.connect();
          clients.push(client);
          client.write(post(`/held/${ending}/${index}`, index % 2 === 0));
          await until(() => held.length === index + 1, 'the handler has it');
          leave(client, ending);
        }
        // A client that has only stopped sending may still be answered; one that is gone is noticed.
        if (ending !== 'half') await until(() => held.every((response) => response.destroyed), `${ending} is noticed`);
        held.forEach((response, index) => answers[index]?.(response));
        await expectClean(ending, clients);
        expect([...whole.values()], ending).to.deep.equal(answers.map(() => 1));
        held.length = 0;
        whole.clear();
      }
    });

    it('anywhere in a large answer', async () => {
      const random = createRandom();
      for (let round = 0; round < 30; round += 1) {
        const client = await edge.connect();
        client.write(post('/large', random.below(2) === 0));
        const read = random.below(2) === 0 ? random.below(1_000) : random.below(4 * 1_048_576);
        await until(() => client.pending.byteLength > read, `seed ${random.seed}: ${read} bytes of the answer`);
        leave(client, random.of(['fin', 'reset']));
      }
      await expectClean(`seed ${random.seed}`);
      expect(whole.get('/large')).to.equal(30);
    });

    it('in a later request of a connection', async () => {
      const random = createRandom();
      for (let round = 0; round < 60; round += 1) {
        const client = await edge.connect();
        for (let served = random.below(4); served > 0; served -= 1) {
          // A body in chunks is the last one of a native connection.
          client.write(post('/served', kind === 'node' && random.below(2) === 0));
          expect((await client.response()).status).to.equal(200);
        }
        const text = post('/later', random.below(2) === 0);
        // The empty line behind the last chunk tells nothing: without it, all of the body has been there.
        client.write(text.slice(0, random.below(text.length - 2)));
        leave(client, random.of(['fin', 'reset']));
      }
      await expectClean(`seed ${random.seed}`);
      expect(whole.has('/later'), `seed ${random.seed}`).to.equal(false);
    });

    it('in the middle of pipelined requests: none twice, none that was not whole', async () => {
      const random = createRandom();
      const note = `seed ${random.seed}`;
      const expected = new Set<string>();
      const clients: RawClient[] = [];
      for (let round = 0; round < 60; round += 1) {
        const paths = [0, 1, 2].map((index) => `/${random.of(['held', 'piped'])}/${round}/${index}`);
        const chunked = random.below(2) === 0;
        const texts = paths.map((path) => post(path, chunked));
        const at = random.below(texts.join('').length + 1);
        let end = 0;
        for (const [index, text] of texts.entries()) {
          end += text.length;
          if (end - (chunked ? 2 : 0) <= at) expected.add(paths[index] ?? '');
        }
        clients.push(await cutOff(texts.join(''), at, random.of(['fin', 'reset']), random));
      }
      await until(() => clients.every((client) => client.closed), `${note}: all gone`);
      // Behind a whole request, half of the next one and a close, nobody can say whether the first is still waited for.
      await until(() => {
        for (const response of held.splice(0)) response.end('late');
        return isBackTo(baseline);
      }, `${note}: all answered`);
      await expectClean(note);
      for (const [path, times] of whole) {
        expect(expected.has(path), `${note}: ${path} was whole`).to.equal(true);
        expect(times, `${note}: ${path}`).to.equal(1);
      }
    });
  });
}
