ALTER TABLE `chat_participants` ADD `changed_by` bigint unsigned;
