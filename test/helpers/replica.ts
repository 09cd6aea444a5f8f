import type { DurableFrame } from '../../src/protocol/events.js';
import type { MessageResource, ParticipantResource } from '../../src/protocol/resources.js';

/** What a client knows of a chat, or finds when it reads the chat afresh; in an order of its own. */
export interface ChatPicture {
  readonly name: string | null;
  readonly participants: readonly ParticipantResource[];
  /** Not deleted ones, by seq. */
  readonly messages: readonly MessageResource[];
}

interface Held<T> {
  readonly rev: number;
  /** null: gone. */
  readonly value: T | null;
}

/** A client's copy of one chat, kept by the rules of docs/PROTOCOL.md: an item counts if its rev is above the one held. */
export class Replica {
  #messages = new Map<number, Held<MessageResource>>();
  #participants = new Map<number, Held<ParticipantResource>>();
  #name: Held<string> = { rev: 0, value: null };

  apply(frames: readonly DurableFrame[]): this {
    for (const frame of frames) this.#take(frame);
    return this;
  }

  /** A copy of its own, to see what happens when it goes on differently. */
  fork(): Replica {
    const copy = new Replica();
    copy.#messages = new Map(this.#messages);
    copy.#participants = new Map(this.#participants);
    copy.#name = this.#name;
    return copy;
  }

  picture(): ChatPicture {
    return pictureOf(this.#name.value, [...this.#participants.values()], [...this.#messages.values()]);
  }

  /** Every seq it has been told of, deleted ones among them. */
  seqs(): readonly number[] {
    return [...this.#messages.keys()].sort((a, b) => a - b);
  }

  #take(frame: DurableFrame): void {
    const { rev } = frame;
    switch (frame.type) {
      case 'new_message':
      case 'message_updated':
        return put(this.#messages, frame.message.seq, rev, frame.message);
      case 'message_deleted':
        return put(this.#messages, frame.seq, rev, null);
      case 'participant_added':
      case 'participant_updated':
        return put(this.#participants, frame.participant.user_id, rev, frame.participant);
      case 'participant_removed':
        return put(this.#participants, frame.user_id, rev, null);
      case 'chat_updated':
        if (rev > this.#name.rev) this.#name = { rev, value: frame.chat.name };
        return;
      default:
        return frame satisfies never;
    }
  }
}

/** The same for what was read afresh. */
export function freshPicture(
  name: string | null,
  participants: readonly ParticipantResource[],
  messages: readonly MessageResource[],
): ChatPicture {
  const held = <T>(value: T): Held<T> => ({ rev: 0, value });
  return pictureOf(name, participants.map(held), messages.map(held));
}

function pictureOf(
  name: string | null,
  participants: readonly Held<ParticipantResource>[],
  messages: readonly Held<MessageResource>[],
): ChatPicture {
  return {
    name,
    participants: present(participants).sort((a, b) => a.user_id - b.user_id),
    // Live events carry no client_message_id, answers and deltas do.
    messages: present(messages)
      .map(({ client_message_id: _own, ...message }) => message)
      .sort((a, b) => a.seq - b.seq),
  };
}

function present<T>(held: readonly Held<T>[]): T[] {
  return held.flatMap(({ value }) => value ?? []);
}

function put<T>(objects: Map<number, Held<T>>, key: number, rev: number, value: T | null): void {
  if (rev > (objects.get(key)?.rev ?? 0)) objects.set(key, { rev, value });
}
