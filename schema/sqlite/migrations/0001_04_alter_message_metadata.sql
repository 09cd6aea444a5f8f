ALTER TABLE `message_metadata` ADD `deleted_by` integer;
