/** A message whose row names a body that is not there, or is not the text that was hashed. Ids only. */
export interface UnreadableMessage {
  readonly chatId: number;
  readonly seq: number;
  readonly messageId: number;
  readonly version: number;
}

export interface UnreadableFigures {
  /** How often such a message was read since the start of the process. */
  readonly reads: number;
  /** How many messages that were, as far as they are remembered: the last 10,000. */
  readonly messages: number;
}

/** Counts the messages that readers got without their content, and tells the log of each once an hour. */
export interface UnreadableBodies {
  note(message: UnreadableMessage): void;
  figures(): UnreadableFigures;
}
