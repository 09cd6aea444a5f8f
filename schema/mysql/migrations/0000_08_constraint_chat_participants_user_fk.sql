ALTER TABLE `chat_participants` ADD CONSTRAINT `chat_participants_user_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE no action ON UPDATE no action;
