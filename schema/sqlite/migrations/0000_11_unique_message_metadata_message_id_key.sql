CREATE UNIQUE INDEX `message_metadata_message_id_key` ON `message_metadata` (`message_id`);
