CREATE INDEX `old_bodies_due` ON `old_bodies` (`erased_at`,`due_at`);
