CREATE TABLE `chats` (
  `id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  `name` text,
  `chat_type` text NOT NULL,
  `direct_key` blob,
  `created_at` integer NOT NULL,
  `updated_at` integer NOT NULL,
  `is_active` integer DEFAULT true NOT NULL,
  `last_seq` integer DEFAULT 0 NOT NULL,
  `rev` integer DEFAULT 0 NOT NULL,
  `changed_rev` integer DEFAULT 0 NOT NULL,
  `members_rev` integer DEFAULT 0 NOT NULL,
  `visible_count` integer DEFAULT 0 NOT NULL,
  `last_visible_seq` integer DEFAULT 0 NOT NULL
);
