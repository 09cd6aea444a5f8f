CREATE TABLE `old_bodies` (
  `body_id` binary(16) NOT NULL,
  `chat_id` bigint unsigned NOT NULL,
  `message_id` binary(16) NOT NULL,
  `version` int NOT NULL,
  `reason` varchar(16) NOT NULL,
  `due_at` datetime(3) NOT NULL,
  `erased_at` datetime(3),
  CONSTRAINT `old_bodies_body_id` PRIMARY KEY(`body_id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
