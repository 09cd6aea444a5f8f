import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { originForm } from '../../src/edge/request-head.js';
import { KINDS, startEdge, type Edge, type Kind } from './support/edge.js';
import { RawClient } from './support/raw-client.js';

const GET = 'GET /1 HTTP/1.1\r\nHost: a\r\n';
const POST = 'POST /1 HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';

/** One message and the bytes behind it. */
interface Case {
  readonly name: string;
  readonly bytes: string;
  /** The native parser is known to let it pass, without a second request; docs/adr/0017 says why that is all. */
  readonly passes?: 'uws';
}

const CASES: readonly Case[] = [
  { name: 'a plain request', bytes: `${GET}\r\n` },
  { name: 'a body with a length', bytes: `${POST}Content-Length: 5\r\n\r\nhello` },
  { name: 'a body with a length, zeros in front', bytes: `${POST}Content-Length: 0005\r\n\r\nhello` },
  { name: 'chunks', bytes: `${CHUNKED}5\r\nhello\r\n0\r\n\r\n` },
  { name: 'chunks, spelled otherwise', bytes: `${POST}transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n` },
  { name: 'chunks and a request', bytes: `${CHUNKED}5\r\nhello\r\n0\r\n\r\n${NEXT}` },
  { name: 'trailers', bytes: `${CHUNKED}5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n` },
  { name: 'several trailers', bytes: `${CHUNKED}5\r\nhello\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n` },
  { name: 'trailers with framing in them', bytes: `${CHUNKED}0\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'a trailer that is none', bytes: `${CHUNKED}5\r\nhello\r\n0\r\nnone\r\n\r\n`, passes: 'uws' },
  { name: 'a request in the place of trailers', bytes: `${CHUNKED}5\r\nhello\r\n0\r\nXX${NEXT}` },
  { name: 'a request in the place of the last line', bytes: `${CHUNKED}5\r\nhello\r\n0\r\n${NEXT}` },
  { name: 'a wrong terminator of a chunk', bytes: `${CHUNKED}5\r\nhelloXX0\r\n\r\n`, passes: 'uws' },
  { name: 'a wrong last line', bytes: `${CHUNKED}5\r\nhello\r\n0\r\nXX`, passes: 'uws' },
  { name: 'a chunk longer than its size', bytes: `${CHUNKED}4\r\nhello\r\n0\r\n\r\n`, passes: 'uws' },
  { name: 'a size that ends in a line feed', bytes: `${CHUNKED}5\nhello\r\n0\r\n\r\n`, passes: 'uws' },
  { name: 'a chunk extension', bytes: `${CHUNKED}5;a=b\r\nhello\r\n0\r\n\r\n` },
  { name: 'a chunk extension at the end', bytes: `${CHUNKED}5\r\nhello\r\n0;a\r\n\r\n` },
  { name: 'a size with a space', bytes: `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`, passes: 'uws' },
  { name: 'a size with a sign', bytes: `${CHUNKED}+5\r\nhello\r\n0\r\n\r\n` },
  { name: 'a size with 0x', bytes: `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n` },
  { name: 'an empty size', bytes: `${CHUNKED}\r\nhello\r\n0\r\n\r\n`, passes: 'uws' },
  { name: 'a size beyond numbers', bytes: `${CHUNKED}fffffffffffffffff\r\nhello\r\n0\r\n\r\n` },
  { name: 'an empty header name', bytes: `${GET}: x\r\n\r\n`, passes: 'uws' },
  { name: 'an empty header name before the Host', bytes: 'GET /1 HTTP/1.1\r\n: x\r\nHost: a\r\n\r\n' },
  { name: 'a second Host behind an empty name', bytes: `${GET}: x\r\nHost: b\r\n\r\n`, passes: 'uws' },
  { name: 'a length behind an empty name', bytes: `${POST}: x\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'a request as body behind an empty name', bytes: `${POST}: x\r\nContent-Length: 37\r\n\r\n${NEXT}` },
  { name: 'the same of a GET', bytes: `${GET}: x\r\nContent-Length: 37\r\n\r\n${NEXT}` },
  { name: 'chunks behind an empty name', bytes: `${POST}: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${NEXT}` },
  { name: 'a folded line', bytes: `${GET}X: 1\r\n 2\r\n\r\n` },
  { name: 'a folded length', bytes: `${POST}Content-Length:\r\n 5\r\n\r\nhello` },
  { name: 'bare line feeds', bytes: 'GET /1 HTTP/1.1\nHost: a\n\n' },
  { name: 'a bare line feed in a value', bytes: `${GET}X: 1\nY: 2\r\n\r\n` },
  { name: 'a bare carriage return in a value', bytes: `${GET}X: 1\rY: 2\r\n\r\n` },
  { name: 'a zero byte in a value', bytes: `${GET}X: 1\0\r\n\r\n` },
  { name: 'a space before the colon', bytes: `${POST}Content-Length : 5\r\n\r\nhello` },
  { name: 'a space before a name', bytes: `${POST} Content-Length: 5\r\n\r\nhello` },
  { name: 'a name with a bracket', bytes: `${GET}X[]: 1\r\n\r\n` },
  { name: 'one length twice', bytes: `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'two lengths', bytes: `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello` },
  { name: 'a list of lengths', bytes: `${POST}Content-Length: 5, 5\r\n\r\nhello` },
  { name: 'a signed length', bytes: `${POST}Content-Length: +5\r\n\r\nhello` },
  { name: 'a length in hexadecimal', bytes: `${POST}Content-Length: 0x5\r\n\r\nhello` },
  { name: 'an empty length', bytes: `${POST}Content-Length:\r\n\r\n${NEXT}` },
  { name: 'no length', bytes: `${POST}\r\n${NEXT}` },
  { name: 'a length and chunks', bytes: `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n` },
  { name: 'chunks and a length', bytes: `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n` },
  { name: 'a list of codings', bytes: `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n` },
  { name: 'chunked not at the end', bytes: `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n` },
  { name: 'chunked twice', bytes: `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n` },
  { name: 'the coding identity', bytes: `${POST}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n` },
  { name: 'an empty coding', bytes: `${POST}Transfer-Encoding:\r\n\r\n0\r\n\r\n` },
  { name: 'a second Host', bytes: `${GET}Host: b\r\n\r\n` },
  { name: 'no Host', bytes: 'GET /1 HTTP/1.1\r\n\r\n' },
  { name: 'the absolute form', bytes: 'GET http://a/1 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'the asterisk form', bytes: 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'CONNECT', bytes: 'CONNECT /1 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'HTTP/1.0', bytes: 'GET /1 HTTP/1.0\r\nHost: a\r\n\r\n' },
  { name: 'HTTP/1.2', bytes: 'GET /1 HTTP/1.2\r\nHost: a\r\n\r\n' },
  { name: 'HTTP/0.9', bytes: 'GET /1\r\n' },
  { name: 'a method in lower case', bytes: 'get /1 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'a method of one’s own', bytes: 'FOO /1 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'a method that is no word', bytes: 'G(T /1 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'no method', bytes: ' /1 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'two spaces', bytes: 'GET  /1 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'bytes that are no text in the target', bytes: 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'a fragment', bytes: 'GET /1#a?b HTTP/1.1\r\nHost: a\r\n\r\n' },
  { name: 'text of UTF-8 in a value', bytes: `${GET}X: ${Buffer.from('aüb').toString('latin1')}\r\n\r\n` },
  { name: 'Expect', bytes: `${POST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'Expect in capitals', bytes: `${POST}EXPECT: 100-CONTINUE\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'another expectation', bytes: `${POST}Expect: more\r\nContent-Length: 5\r\n\r\nhello` },
  { name: 'a preamble of the PROXY protocol', bytes: `PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n${GET}\r\n` },
  {
    name: 'a handshake with a length',
    bytes: `${GET}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello`,
  },
];

/** What became of one message: the requests that were handled, each with all that it meant, and the final answers. */
interface Outcome {
  readonly handled: readonly string[];
  readonly statuses: readonly number[];
  /** Interim answers: whether a client that waits for its turn hears of it. */
  readonly continued: boolean;
}

/** Answers every request, and notes it when all of it was there. */
class Recorder {
  readonly handled: string[] = [];

  handle(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const { method, url, headers } = request;
      const { connection: _connection, ...rest } = headers;
      if (url !== '/alive')
        this.handled.push(JSON.stringify([method, originForm(url ?? ''), rest, Buffer.concat(chunks).toString()]));
      response.end('ok');
    });
  }
}

async function outcomeOf(port: number, recorder: Recorder, { bytes }: Case): Promise<Outcome> {
  recorder.handled.length = 0;
  const client = await RawClient.open(port);
  client.write(Buffer.from(bytes, 'latin1'));
  // Answers and ends come at once; what waits for more bytes has neither, and is asked three times whether it is over.
  for (let round = 0; round < 3; round += 1) {
    const other = await RawClient.open(port);
    await other.write('GET /alive HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').response();
    other.destroy();
  }
  const statuses = [...client.pending.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) =>
    Number(code),
  );
  client.destroy();
  return {
    handled: [...recorder.handled],
    statuses: statuses.filter((status) => status >= 200),
    continued: statuses.includes(100),
  };
}

describe('edge: the meaning of a message', () => {
  const recorders = { node: new Recorder(), uws: new Recorder(), plain: new Recorder() };
  const edges = new Map<Kind, Edge>();
  const plain = createServer((request, response) => recorders.plain.handle(request, response));
  let plainPort = 0;

  before(async () => {
    for (const kind of KINDS) {
      edges.set(kind, await startEdge(kind, { onRequest: (one, other) => recorders[kind].handle(one, other) }));
    }
    plain.on('checkExpectation', (_request, response) => response.writeHead(417).end());
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    plainPort = (plain.address() as AddressInfo).port;
  });
  after(async () => {
    await Promise.all([...edges.values()].map((edge) => edge.stop()));
    plain.closeAllConnections();
    await new Promise((resolve) => plain.close(resolve));
  });

  for (const kind of KINDS) {
    for (const one of CASES) {
      const passes = one.passes === kind;
      it(`${kind}: ${one.name} ${passes ? 'passes, alone' : 'means what it means to node:http, or is refused'}`, async () => {
        const reference = await outcomeOf(plainPort, recorders.plain, one);
        const outcome = await outcomeOf(edges.get(kind)?.port ?? 0, recorders[kind], one);
        const note = JSON.stringify({ outcome, reference });
        expect(outcome.statuses.length, `one answer for one request: ${note}`).to.be.at.most(
          Math.max(1, reference.handled.length),
        );
        if (passes) {
          expect(outcome.handled, note).to.have.length(1);
          return;
        }
        const refused = outcome.handled.length === 0 && outcome.statuses.every((status) => status >= 400);
        // A connection may end behind a message, so that what follows it is not run.
        const same = outcome.handled.length > 0 && outcome.handled.every((text, at) => text === reference.handled[at]);
        expect(refused || same, note).to.equal(true);
        if (same) expect([outcome.statuses[0], outcome.continued], note).to.deep.equal([200, reference.continued]);
      });
    }
  }
});
