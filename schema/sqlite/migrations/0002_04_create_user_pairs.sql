CREATE TABLE `user_pairs` (
  `gram` integer NOT NULL,
  `user_id` integer NOT NULL,
  PRIMARY KEY(`gram`, `user_id`)
);
