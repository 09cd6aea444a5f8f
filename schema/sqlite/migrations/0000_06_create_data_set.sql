CREATE TABLE `data_set` (
  `id` text PRIMARY KEY NOT NULL,
  `epoch` text NOT NULL,
  `created_at` integer NOT NULL
);
