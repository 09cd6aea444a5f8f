CREATE TABLE `progress` (
  `name` varchar(32) NOT NULL,
  `position` bigint NOT NULL DEFAULT 0,
  `finished_at` datetime(3),
  CONSTRAINT `progress_name` PRIMARY KEY(`name`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
