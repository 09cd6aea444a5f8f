CREATE TABLE `erased_counts` (
  `reason` text PRIMARY KEY NOT NULL,
  `bodies` integer DEFAULT 0 NOT NULL
);
