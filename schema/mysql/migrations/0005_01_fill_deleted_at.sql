UPDATE `message_metadata` m JOIN `old_bodies` o ON o.`body_id` = m.`body_id` SET m.`deleted_at` = o.`due_at`
  WHERE m.`is_deleted` = TRUE AND m.`deleted_at` IS NULL;
