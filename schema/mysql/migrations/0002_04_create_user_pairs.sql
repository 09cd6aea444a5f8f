CREATE TABLE `user_pairs` (
  `gram` int unsigned NOT NULL,
  `user_id` bigint unsigned NOT NULL,
  CONSTRAINT `user_pairs_pk` PRIMARY KEY(`gram`,`user_id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
