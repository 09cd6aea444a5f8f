/** A message as one reader sees it: its metadata row joined with its body and its sender's name. */
export interface Message {
  readonly id: number;
  readonly chatId: number;
  /** Dense position in the chat: 1, 2, 3 ... */
  readonly seq: number;
  /** The chat's rev at this message's last change. */
  readonly rev: number;
  readonly senderId: number;
  readonly senderUsername: string;
  /** null when deleted, or when `contentStatus` says that the body cannot be read. */
  readonly content: string | null;
  readonly contentStatus: 'ok' | 'unavailable';
  readonly timestamp: Date;
  readonly messageType: 'text';
  readonly isEdited: boolean;
  readonly isDeleted: boolean;
  readonly editedAt: Date | null;
  /** How often the body was written; 1 = never edited. */
  readonly version: number;
  readonly clientMessageId: string | null;
}
