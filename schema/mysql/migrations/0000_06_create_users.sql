CREATE TABLE `users` (
  `id` bigint unsigned AUTO_INCREMENT NOT NULL,
  `username` varchar(50) NOT NULL,
  `username_key` varbinary(255) NOT NULL,
  `username_search` varbinary(2048) NOT NULL,
  `email` varchar(100) NOT NULL,
  `email_key` varbinary(255) NOT NULL,
  `hashed_password` varchar(255) NOT NULL,
  `full_name` varchar(100),
  `full_name_search` varbinary(4096),
  `is_active` boolean NOT NULL DEFAULT true,
  `created_at` datetime(3) NOT NULL,
  `last_seen` datetime(3),
  CONSTRAINT `users_id` PRIMARY KEY(`id`),
  CONSTRAINT `users_username_key` UNIQUE(`username_key`),
  CONSTRAINT `users_email_key` UNIQUE(`email_key`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
