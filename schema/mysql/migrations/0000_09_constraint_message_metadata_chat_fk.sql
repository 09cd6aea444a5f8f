ALTER TABLE `message_metadata` ADD CONSTRAINT `message_metadata_chat_fk` FOREIGN KEY (`chat_id`) REFERENCES `chats`(`id`) ON DELETE no action ON UPDATE no action;
