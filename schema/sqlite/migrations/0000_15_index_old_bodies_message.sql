CREATE INDEX `old_bodies_message` ON `old_bodies` (`message_id`);
