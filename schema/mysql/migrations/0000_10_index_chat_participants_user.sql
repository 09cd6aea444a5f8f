CREATE INDEX `chat_participants_user` ON `chat_participants` (`user_id`,`chat_id`);
