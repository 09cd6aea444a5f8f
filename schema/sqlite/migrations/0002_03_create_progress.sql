CREATE TABLE `progress` (
  `name` text PRIMARY KEY NOT NULL,
  `position` integer DEFAULT 0 NOT NULL,
  `finished_at` integer
);
