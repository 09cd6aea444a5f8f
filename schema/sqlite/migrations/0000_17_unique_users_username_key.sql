CREATE UNIQUE INDEX `users_username_key` ON `users` (`username_key`);
