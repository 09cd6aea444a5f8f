ALTER TABLE `chat_participants` ADD `joined_rev` integer DEFAULT 0 NOT NULL;
