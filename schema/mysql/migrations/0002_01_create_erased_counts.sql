CREATE TABLE `erased_counts` (
  `reason` varchar(16) NOT NULL,
  `bodies` bigint NOT NULL DEFAULT 0,
  CONSTRAINT `erased_counts_reason` PRIMARY KEY(`reason`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
