ALTER TABLE `chat_participants` ADD CONSTRAINT `chat_participants_chat_fk` FOREIGN KEY (`chat_id`) REFERENCES `chats`(`id`) ON DELETE no action ON UPDATE no action;
