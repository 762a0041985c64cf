import { useState } from "react";
import { createMemo, memoUid } from "@/data/memos";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { newUid } from "@/lib/uid";
import { type Draft, loadDraft } from "./drafts";
import { Editor } from "./Editor";

export default function NewComment({ parent, onDone }: { parent: Memo; onDone(): void }) {
  const key = `comment.${memoUid(parent.name)}`;
  const [initial] = useState<Draft>(() => loadDraft(key) ?? { uid: newUid(), content: "", visibility: parent.visibility, files: [] });
  async function save({ uid, content, files }: Draft) {
    await createMemo({ uid, content, visibility: parent.visibility, attachments: files.map(({ name }) => ({ name })) }, parent.name);
    onDone();
  }
  return <Editor draftKey={key} initial={initial} autoFocus fixedVisibility label={t("comment.label")} placeholder={t("comment.placeholder")} onSave={save} onCancel={onDone} />;
}
