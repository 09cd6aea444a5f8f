UPDATE `message_metadata` SET `body_bytes` = (SELECT octet_length(b.`content`) FROM `bodies` b WHERE b.`id` = `message_metadata`.`body_id`) WHERE `body_bytes` IS NULL AND `is_deleted` = 0;
