CREATE TABLE `chats` (
  `id` bigint unsigned AUTO_INCREMENT NOT NULL,
  `name` varchar(100),
  `chat_type` varchar(16) NOT NULL,
  `direct_key` varbinary(48),
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  `is_active` boolean NOT NULL DEFAULT true,
  `last_seq` bigint NOT NULL DEFAULT 0,
  `rev` bigint NOT NULL DEFAULT 0,
  `changed_rev` bigint NOT NULL DEFAULT 0,
  `members_rev` bigint NOT NULL DEFAULT 0,
  `visible_count` bigint NOT NULL DEFAULT 0,
  `last_visible_seq` bigint NOT NULL DEFAULT 0,
  CONSTRAINT `chats_id` PRIMARY KEY(`id`),
  CONSTRAINT `chats_direct_key` UNIQUE(`direct_key`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
