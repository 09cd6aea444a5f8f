import { expect } from 'chai';
import type { MessageResource } from '../../../src/protocol/resources.js';
import type { TestClient, TestUser } from '../../helpers/client.js';

interface Sight {
  readonly version: number;
  readonly content: string | null;
}

/** What everyone saw of one message that is edited over and over. */
export class Versions {
  readonly #contents = new Map<number, Set<string | null>>();
  readonly #highest = new Map<string, number>();
  readonly #backwards: string[] = [];
  #sights = 0;

  /** `who` never sees a version lower than one seen before. To be called in the order in which the answers came. */
  note(who: string, { version, content }: Sight): void {
    this.#sights += 1;
    const contents = this.#contents.get(version) ?? new Set();
    this.#contents.set(version, contents.add(content));
    const highest = this.#highest.get(who) ?? 0;
    if (version < highest) this.#backwards.push(`${who}: ${version} after ${highest}`);
    this.#highest.set(who, Math.max(highest, version));
  }

  /** One content per version, and nobody went back. */
  expectWhole(): void {
    const mixed = [...this.#contents].filter(([, contents]) => contents.size > 1 || contents.has(null));
    expect(mixed.map(([version, contents]) => [version, [...contents]])).to.deep.equal([]);
    expect(this.#backwards).to.deep.equal([]);
  }

  figures(): { readonly sights: number; readonly versions: number } {
    return { sights: this.#sights, versions: Math.max(...this.#contents.keys()) };
  }
}

/** One edit after the other until the server is gone; what is acknowledged is noted with its content. */
export async function editUntilGone(
  client: TestClient,
  user: TestUser,
  id: number,
  name: string,
  versions: Versions,
): Promise<void> {
  for (let count = 0; ; count += 1) {
    const content = `${name} says ${count}`;
    const answer = await client
      .as(user)
      .put<MessageResource>(`/messages/${id}`, { content })
      .catch(() => null);
    if (answer === null) return;
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.body.content).to.equal(content);
    versions.note(name, answer.body);
  }
}

/** One read after the other until the server is gone. */
export async function readUntilGone(
  client: TestClient,
  user: TestUser,
  id: number,
  name: string,
  versions: Versions,
): Promise<void> {
  for (;;) {
    const answer = await client
      .as(user)
      .get<MessageResource>(`/messages/${id}`)
      .catch(() => null);
    if (answer === null) return;
    expect(answer.status, answer.text).to.equal(200);
    versions.note(name, answer.body);
  }
}
