ALTER TABLE `chat_participants` ADD `joined_rev` bigint DEFAULT 0 NOT NULL;
