CREATE TABLE `data_set` (
  `id` varchar(8) NOT NULL,
  `epoch` varchar(36) NOT NULL,
  `created_at` datetime(3) NOT NULL,
  CONSTRAINT `data_set_id` PRIMARY KEY(`id`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
