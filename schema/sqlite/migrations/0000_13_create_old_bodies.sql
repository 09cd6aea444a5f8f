CREATE TABLE `old_bodies` (
  `body_id` blob PRIMARY KEY NOT NULL,
  `chat_id` integer NOT NULL,
  `message_id` blob NOT NULL,
  `version` integer NOT NULL,
  `reason` text NOT NULL,
  `due_at` integer NOT NULL,
  `erased_at` integer
);
