CREATE TABLE `message_metadata` (
  `id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  `chat_id` integer NOT NULL,
  `seq` integer NOT NULL,
  `sender_id` integer NOT NULL,
  `message_id` blob NOT NULL,
  `body_id` blob NOT NULL,
  `client_message_id` blob,
  `version` integer DEFAULT 1 NOT NULL,
  `request_hash` blob,
  `timestamp` integer NOT NULL,
  `edited_at` integer,
  `message_type` text NOT NULL,
  `is_edited` integer DEFAULT false NOT NULL,
  `is_deleted` integer DEFAULT false NOT NULL,
  `created_rev` integer NOT NULL,
  `rev` integer NOT NULL,
  FOREIGN KEY (`chat_id`) REFERENCES `chats`(`id`) ON UPDATE no action ON DELETE no action
);
