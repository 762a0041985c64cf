RENAME TABLE `resource` TO `attachment`;
