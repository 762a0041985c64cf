-- Indexes beside those of the schema: every list of the server is answered in order. See sqlite/INDEXES.sql.
CREATE INDEX `idx_memora_memo_created` ON `memo`(`row_status`, `created_ts`, `id`);
CREATE INDEX `idx_memora_memo_pinned` ON `memo`(`row_status`, `pinned`, `created_ts`, `id`);
CREATE INDEX `idx_memora_memo_updated` ON `memo`(`row_status`, `updated_ts`, `id`);
CREATE INDEX `idx_memora_memo_creator_created` ON `memo`(`creator_id`, `row_status`, `created_ts`, `id`);
CREATE INDEX `idx_memora_memo_creator_pinned` ON `memo`(`creator_id`, `row_status`, `pinned`, `created_ts`, `id`);
CREATE INDEX `idx_memora_attachment_memo` ON `attachment`(`memo_id`, `updated_ts`);
CREATE INDEX `idx_memora_attachment_creator` ON `attachment`(`creator_id`, `updated_ts`);
CREATE INDEX `idx_memora_reaction_content` ON `reaction`(`content_id`);
CREATE INDEX `idx_memora_relation_related` ON `memo_relation`(`related_memo_id`, `type`, `memo_id`);
CREATE INDEX `idx_memora_inbox_receiver` ON `inbox`(`receiver_id`, `created_ts`);
CREATE INDEX `idx_memora_user_setting_key` ON `user_setting`(`key`);
-- What is due, without reading the payloads.
CREATE INDEX `idx_memora_outbox_due` ON `memora_outbox`(`kind`, `due_ms`, `id`);
