CREATE TABLE `bodies` (
  `id` blob PRIMARY KEY NOT NULL,
  `message_id` blob NOT NULL,
  `chat_id` integer NOT NULL,
  `sender_id` integer NOT NULL,
  `content` text NOT NULL,
  `timestamp` integer NOT NULL,
  `sha256` blob NOT NULL
);
