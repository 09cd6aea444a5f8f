/** One packet of a protocol, or for `raw` one read from the network. */
export interface Packet {
  readonly direction: 'request' | 'reply';
  /** Number of the connection, from 1. */
  readonly connection: number;
  /**
   * MySQL: the text of the statement, or of the prepared one that is executed; MongoDB: the command's name. A reply has
   * that of its request. Empty while logging in, and for `raw`.
   */
  readonly command: string;
  readonly bytes: Buffer;
}

/** Takes the bytes of both directions of one connection apart; the pieces joined are the bytes as they came. */
export interface Framing {
  take(direction: Packet['direction'], bytes: Buffer): readonly Omit<Packet, 'connection'>[];
}

export type Protocol = 'mysql' | 'mongodb' | 'raw';

export function framingOf(protocol: Protocol): Framing {
  switch (protocol) {
    case 'mysql':
      return new MysqlFraming();
    case 'mongodb':
      return new MongoFraming();
    case 'raw':
      return { take: (direction, bytes) => [{ direction, command: '', bytes }] };
    default:
      return protocol satisfies never;
  }
}

/** Cuts a stream into packets whose length stands in their first bytes. */
class Cutter {
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private readonly headerBytes: number,
    private readonly lengthOf: (header: Buffer) => number,
  ) {}

  take(bytes: Buffer): readonly Buffer[] {
    this.rest = Buffer.concat([this.rest, bytes]);
    const packets: Buffer[] = [];
    while (this.rest.length >= this.headerBytes) {
      const length = this.lengthOf(this.rest);
      if (this.rest.length < length) break;
      packets.push(this.rest.subarray(0, length));
      this.rest = this.rest.subarray(length);
    }
    return packets;
  }
}

const COM_QUERY = 0x03;
const COM_STMT_PREPARE = 0x16;
const COM_STMT_EXECUTE = 0x17;
const OK = 0x00;
/** Bytes before the payload: three of length, one of sequence. */
const MYSQL_HEADER = 4;

/**
 * MySQL's packets: one command at a time, so everything the server sends belongs to the last command. Compression and
 * TLS are off.
 */
class MysqlFraming implements Framing {
  private readonly cutters = {
    request: new Cutter(MYSQL_HEADER, (header) => MYSQL_HEADER + header.readUIntLE(0, 3)),
    reply: new Cutter(MYSQL_HEADER, (header) => MYSQL_HEADER + header.readUIntLE(0, 3)),
  };
  private readonly prepared = new Map<number, string>();
  private command = '';
  private preparing: string | null = null;
  private isLoggedIn = false;

  take(direction: Packet['direction'], bytes: Buffer): readonly Omit<Packet, 'connection'>[] {
    return this.cutters[direction].take(bytes).map((packet) => {
      if (direction === 'request') this.request(packet);
      else this.reply(packet);
      return { direction, command: this.command, bytes: packet };
    });
  }

  private request(packet: Buffer): void {
    const isCommand = this.isLoggedIn && packet[3] === 0;
    if (!isCommand) return;
    const kind = packet[MYSQL_HEADER];
    const text = packet.subarray(MYSQL_HEADER + 1);
    this.preparing = kind === COM_STMT_PREPARE ? text.toString('utf8') : null;
    if (kind === COM_QUERY) this.command = text.toString('utf8');
    else if (kind === COM_STMT_PREPARE) this.command = `PREPARE ${text.toString('utf8')}`;
    else if (kind === COM_STMT_EXECUTE) this.command = this.prepared.get(text.readUInt32LE(0)) ?? '';
    else this.command = '';
  }

  private reply(packet: Buffer): void {
    const isOk = packet[MYSQL_HEADER] === OK;
    if (!this.isLoggedIn) this.isLoggedIn = isOk;
    else if (this.preparing !== null && isOk) {
      this.prepared.set(packet.readUInt32LE(MYSQL_HEADER + 1), this.preparing);
      this.preparing = null;
    }
  }
}

const MONGO_HEADER = 16;
const OP_MSG = 2013;

/** MongoDB's messages, which name the request that they answer. Only OP_MSG carries commands that matter here. */
class MongoFraming implements Framing {
  private readonly cutters = {
    request: new Cutter(MONGO_HEADER, (header) => header.readInt32LE(0)),
    reply: new Cutter(MONGO_HEADER, (header) => header.readInt32LE(0)),
  };
  private readonly commands = new Map<number, string>();

  take(direction: Packet['direction'], bytes: Buffer): readonly Omit<Packet, 'connection'>[] {
    return this.cutters[direction].take(bytes).map((packet) => {
      if (direction === 'request') this.commands.set(packet.readInt32LE(4), commandIn(packet));
      const id = packet.readInt32LE(direction === 'request' ? 4 : 8);
      return { direction, command: this.commands.get(id) ?? '', bytes: packet };
    });
  }
}

/** The first key of the body document: four bytes of flags, one of the section's kind, four of length, one of a type. */
function commandIn(packet: Buffer): string {
  if (packet.readInt32LE(12) !== OP_MSG || packet[MONGO_HEADER + 4] !== 0) return '';
  const key = MONGO_HEADER + 4 + 1 + 4 + 1;
  return packet.subarray(key, packet.indexOf(0, key)).toString('utf8');
}
