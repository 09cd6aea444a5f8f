/** Who has a live socket. Of this node; a user with several sockets counts once. */
export interface Presence {
  stats(): { readonly onlineUsers: number; readonly totalConnections: number };
  /** User ids with at least one live socket on the chat, ascending. */
  onlineIn(chatId: number): readonly number[];
}
