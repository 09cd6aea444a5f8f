CREATE TABLE `users` (
  `id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  `username` text NOT NULL,
  `username_key` blob NOT NULL,
  `username_search` blob NOT NULL,
  `email` text NOT NULL,
  `email_key` blob NOT NULL,
  `hashed_password` text NOT NULL,
  `full_name` text,
  `full_name_search` blob,
  `is_active` integer DEFAULT true NOT NULL,
  `created_at` integer NOT NULL,
  `last_seen` integer
);
