import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../history/recorder.js';
import type { RestClient } from '../history/rest-client.js';
import type { SocketClient } from '../history/socket-client.js';

export interface Answered {
  readonly who: string;
  readonly began: number;
  readonly ended: number;
  readonly outcome: Outcome<'send'>;
}

/** A moment between two sends of one sender: a fault has to meet requests, not to saturate a machine. */
const PAUSE_MS = 20;

/** Senders that go on until they are told to stop, one message at a time each; what is refused is sent again, same key. */
export class Load {
  readonly answers: Answered[] = [];
  private stopping = false;
  private readonly runs: Promise<void>[] = [];

  constructor(
    chat: number,
    senders: { readonly rest: readonly RestClient[]; readonly sockets: readonly SocketClient[] },
  ) {
    for (const rest of senders.rest) this.runs.push(this.run(rest.name, (text, key) => rest.send(chat, text, key)));
    for (const socket of senders.sockets) this.runs.push(this.run(socket.name, (text, key) => socket.send(text, key)));
  }

  /** Resolves when every sender had a message confirmed that it sent at or after the time; answers how long it took. */
  async confirmedSince(time: number): Promise<number> {
    for (;;) {
      const done = this.answers.filter(({ outcome, began }) => outcome.phase === 'ok' && began >= time);
      if (new Set(done.map(({ who }) => who)).size === this.runs.length) {
        const firsts = new Map<string, number>();
        for (const { who, ended } of done) firsts.set(who, Math.min(ended, firsts.get(who) ?? Infinity));
        return Math.max(...firsts.values()) - time;
      }
      await sleep(PAUSE_MS);
    }
  }

  /** Ends after the sends under way, each of them confirmed in the end. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.runs);
  }

  private async run(who: string, send: (text: string, key: string) => Promise<Outcome<'send'>>): Promise<void> {
    for (let count = 1; !this.stopping; count += 1) {
      const text = `${who} says ${count}`;
      for (;;) {
        const began = performance.now();
        const outcome = await send(text, `${who}-${count}`);
        this.answers.push({ who, began, ended: performance.now(), outcome });
        if (outcome.phase === 'ok') break;
        await sleep(PAUSE_MS);
      }
      await sleep(PAUSE_MS);
    }
  }
}
