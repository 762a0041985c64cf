UPDATE `user` SET `role` = 'ADMIN' WHERE `role` = 'HOST';
