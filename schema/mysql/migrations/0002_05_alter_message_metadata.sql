ALTER TABLE `message_metadata` ADD `deleted_at` datetime(3);
