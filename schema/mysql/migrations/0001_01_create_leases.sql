CREATE TABLE `leases` (
  `name` varchar(32) NOT NULL,
  `holder` varchar(64) NOT NULL,
  `expires_at` datetime(3) NOT NULL,
  CONSTRAINT `leases_name` PRIMARY KEY(`name`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
