CREATE INDEX `message_metadata_visible` ON `message_metadata` (`chat_id`,`is_deleted`,`seq`);
