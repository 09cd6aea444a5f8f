ALTER TABLE `message_metadata` ADD `deleted_at` integer;
