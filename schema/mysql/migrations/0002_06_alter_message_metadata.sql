ALTER TABLE `message_metadata` ADD `body_bytes` int;
