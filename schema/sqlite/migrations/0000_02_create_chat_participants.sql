CREATE TABLE `chat_participants` (
  `chat_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  `joined_at` integer NOT NULL,
  `is_admin` integer DEFAULT false NOT NULL,
  `left_at` integer,
  `last_read_seq` integer DEFAULT 0 NOT NULL,
  `hidden_seq` integer,
  `rev` integer DEFAULT 0 NOT NULL,
  PRIMARY KEY(`chat_id`, `user_id`),
  FOREIGN KEY (`chat_id`) REFERENCES `chats`(`id`) ON UPDATE no action ON DELETE no action,
  FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
