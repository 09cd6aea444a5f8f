CREATE INDEX `users_username_search` ON `users` (`username_search`);
