/** What a process of sockets is to do. */
export interface PeersOrder {
  /** Of the sockets, with their tokens. */
  readonly addresses: readonly string[];
  /** Each asks for all of its chat, again and again; otherwise its address says from where it reads on. */
  readonly asks: boolean;
}
