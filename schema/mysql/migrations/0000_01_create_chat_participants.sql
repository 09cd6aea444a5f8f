CREATE TABLE `chat_participants` (
  `chat_id` bigint unsigned NOT NULL,
  `user_id` bigint unsigned NOT NULL,
  `joined_at` datetime(3) NOT NULL,
  `is_admin` boolean NOT NULL DEFAULT false,
  `left_at` datetime(3),
  `last_read_seq` bigint NOT NULL DEFAULT 0,
  `hidden_seq` bigint,
  `rev` bigint NOT NULL DEFAULT 0,
  CONSTRAINT `chat_participants_pk` PRIMARY KEY(`chat_id`,`user_id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
