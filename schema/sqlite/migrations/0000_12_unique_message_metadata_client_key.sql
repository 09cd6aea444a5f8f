CREATE UNIQUE INDEX `message_metadata_client_key` ON `message_metadata` (`chat_id`,`sender_id`,`client_message_id`);
