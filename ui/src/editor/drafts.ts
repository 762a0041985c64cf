import { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { localKeys, readLocalJson, writeLocal, writeLocalJson } from "@/lib/local";

/** A file that is already on the server, as a draft remembers it. */
export interface DraftFile {
  name: string;
  filename: string;
  type: string;
  size: number;
}

/** Everything an editor holds. `uid` names a memo to be, so that saving twice makes one. */
export interface Draft {
  uid: string;
  content: string;
  visibility: Visibility;
  files: DraftFile[];
  /** The text the edit started from, to notice somebody else's change. */
  base?: string;
}

const start = "draft.";

export function loadDraft(key: string): Draft | undefined {
  const draft = readLocalJson<Partial<Draft> | null>(start + key, null);
  if (!draft || typeof draft.content !== "string" || typeof draft.uid !== "string") return undefined;
  const known = { uid: draft.uid, content: draft.content, visibility: draft.visibility ?? Visibility.PRIVATE, files: draft.files ?? [] };
  return draft.base === undefined ? known : { ...known, base: draft.base };
}

export function storeDraft(key: string, draft: Draft | undefined): void {
  if (draft) writeLocalJson(start + key, draft);
  else writeLocal(start + key, null);
}

export const hasDrafts = () => localKeys(start).some((key) => (loadDraft(key.slice(start.length))?.content.trim() ?? "") !== "");

export const clearDrafts = () => localKeys(start).forEach((key) => writeLocal(key, null));
