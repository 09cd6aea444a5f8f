CREATE UNIQUE INDEX `message_metadata_pk` ON `message_metadata` (`chat_id`,`seq`);
