UPDATE `message_metadata` SET `deleted_at` = (SELECT o.`due_at` FROM `old_bodies` o WHERE o.`body_id` = `message_metadata`.`body_id`)
  WHERE `is_deleted` = TRUE AND `deleted_at` IS NULL;
