CREATE TABLE `login_networks` (
  `user_id` integer NOT NULL,
  `network` blob NOT NULL,
  `last_login_at` integer NOT NULL,
  PRIMARY KEY(`user_id`, `network`)
);
