CREATE TABLE `login_networks` (
  `user_id` bigint unsigned NOT NULL,
  `network` binary(16) NOT NULL,
  `last_login_at` datetime(3) NOT NULL,
  CONSTRAINT `login_networks_pk` PRIMARY KEY(`user_id`,`network`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
