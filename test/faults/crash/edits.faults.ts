import { expect } from 'chai';
import { FAILPOINTS, type Failpoint } from '../../../src/ports/failpoints.js';
import type { ChatResource, MessageResource } from '../../../src/protocol/resources.js';
import type { Answer, TestUser } from '../../helpers/client.js';
import { createRandom } from '../../helpers/random.js';
import { report, rounds } from '../figures.js';
import { expectSound } from './audit.js';
import { FaultServer } from './fault-server.js';
import { FAULT_ACTIONS } from './orders.js';
import { strikeCall } from './strike.js';
import { Versions, editUntilGone, readUntilGone } from './versions.js';

const PLACES: readonly Failpoint[] = [...FAILPOINTS.filter((name) => name.startsWith('edit.')), 'chat.before_publish'];
const EDITORS = 2;

/** Before, after or at an edit's fault, every reader sees one version whole, and versions only go up. */
describe('a fault at every place of an edit', function () {
  this.timeout(120_000);
  const server = new FaultServer({ orphanAfterMs: 0 });
  const counted = { edits: 0, done: 0, unknown: 0, refused: 0 };
  let ann: TestUser;
  let ben: TestUser;
  let chat: ChatResource;

  before(async () => {
    const client = await server.start();
    [ann, ben] = [await client.registerUser(), await client.registerUser()];
    chat = await client.createGroup(ann, [ben]);
  });
  after(() => server.dispose());

  const edit = (id: number, content: string, expectedVersion?: number): Promise<Answer<MessageResource>> =>
    server.client.as(ann).put<MessageResource>(`/messages/${id}`, {
      content,
      ...(expectedVersion === undefined ? {} : { expected_version: expectedVersion }),
    });

  /** Content and version as each way of reading tells them; they have to agree. */
  async function read(id: number): Promise<{ content: string | null; version: number }> {
    const caller = server.client.as(ben);
    const one = await caller.get<MessageResource>(`/messages/${id}`);
    const page = await caller.get<{ items: MessageResource[] }>(`/messages/chat/${chat.id}?limit=100`);
    const listed = page.body.items.find((item) => item.id === id);
    expect(listed).to.deep.equal(one.body);
    const { content, version } = one.body;
    return { content, version };
  }

  for (const name of PLACES) {
    for (const action of FAULT_ACTIONS) {
      it(`${action} at ${name}`, async () => {
        const { id } = await server.client.send(ann, chat, 'old');
        const { outcome, answer } = await strikeCall(server, [name, action], () => edit(id, 'new'));
        counted.edits += 1;
        counted[outcome] += 1;
        const found = await read(id);
        const [before, after] = [
          { content: 'old', version: 1 },
          { content: 'new', version: 2 },
        ];
        if (outcome === 'done') expect(found).to.deep.equal(after);
        else if (outcome === 'refused') expect(found, answer?.text).to.deep.equal(before);
        else expect(found).to.deep.equal(found.version === 1 ? before : after);
        const retry = await edit(id, 'new');
        expect(retry.status, retry.text).to.equal(200);
        expect(await read(id)).to.deep.equal(after);
      });
    }
  }

  for (const name of PLACES) {
    it(`of two editors one wins while the other is held up at ${name}`, async () => {
      const { id } = await server.client.send(ann, chat, 'old');
      const held = await server.arm(name, 'delay', { delayMs: 200 });
      const first = edit(id, 'first', 1);
      await held.struck();
      const answers = await Promise.all([first, edit(id, 'second', 1)]);
      expect(answers.map((answer) => answer.status).sort()).to.deep.equal([200, 409]);
      const winner = answers[0]?.status === 200 ? 'first' : 'second';
      expect(await read(id)).to.deep.equal({ content: winner, version: 2 });
    });
  }

  it('gives two editors without an expected version one version each', async () => {
    const { id } = await server.client.send(ann, chat, 'old');
    const held = await server.arm('edit.after_body', 'delay', { delayMs: 200 });
    const first = edit(id, 'first');
    await held.struck();
    const answers = await Promise.all([first, edit(id, 'second')]);
    const byVersion = answers.map(({ body }) => [body.version, body.content]).sort();
    expect(byVersion.map(([version]) => version)).to.deep.equal([2, 3]);
    const { content, version } = await read(id);
    expect([version, content]).to.deep.equal(byVersion[1]);
  });

  const random = createRandom();
  it(`readers meet no mixed and no older version while editors are killed (seed ${random.seed})`, async () => {
    const versions = new Versions();
    const { id } = await server.client.send(ann, chat, 'said at first');
    versions.note('the sender', { version: 1, content: 'said at first' });
    let kills = 0;
    for (let round = 0; round < rounds(2, 30); round += 1) {
      const armed = await server.arm(PLACES[random.below(PLACES.length)] ?? 'edit.before_commit', 'kill', {
        nth: 5 + random.below(20),
      });
      const work = [
        ...Array.from({ length: EDITORS }, (_, editor) =>
          editUntilGone(server.client, ann, id, `r${round} e${editor}`, versions),
        ),
        readUntilGone(server.client, ann, id, 'reader one', versions),
        readUntilGone(server.client, ben, id, 'reader two', versions),
      ];
      await armed.struck();
      await server.ended();
      await Promise.all(work);
      kills += 1;
      await server.start();
      versions.note('the sender', await read(id));
    }
    versions.expectWhole();
    await server.order({ kind: 'sweep' });
    await server.end('SIGTERM');
    const { orphans } = await expectSound(server.storage);
    expect(orphans).to.deep.equal([]);
    report('edits', { ...counted, ...versions.figures(), kills, mixed: 0, orphans: 0 });
    const hits = new Set(server.hits());
    expect(PLACES.filter((name) => !hits.has(name))).to.deep.equal([]);
  });
});
