CREATE INDEX `message_metadata_rev` ON `message_metadata` (`chat_id`,`rev`);
