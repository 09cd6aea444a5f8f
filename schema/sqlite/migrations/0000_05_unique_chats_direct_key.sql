CREATE UNIQUE INDEX `chats_direct_key` ON `chats` (`direct_key`);
