import { useCallback, useEffect, useState } from "react";
import { createMemo } from "@/data/memos";
import type { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { useStore } from "@/lib/store";
import { parseDay } from "@/lib/time";
import { newUid } from "@/lib/uid";
import { useSearch } from "@/search/useSearch";
import { showToast } from "@/ui/toast";
import { composeWish, grantWish, openWishes } from "./compose";
import { type Draft, loadDraft } from "./drafts";
import { Editor } from "./Editor";

const key = "new";

const empty = (visibility: Visibility): Draft => ({ uid: newUid(), content: "", visibility, files: [] });

/** A chosen day in the calendar is also the day of what is written then. */
function chosenDay(terms: ReturnType<typeof useSearch>["terms"]): Date | undefined {
  const day = terms.find((term) => term.kind === "on")?.value;
  const date = day ? parseDay(day) : undefined;
  if (!date) return undefined;
  const now = new Date();
  if (date.toDateString() === now.toDateString()) return undefined;
  date.setHours(now.getHours(), now.getMinutes(), now.getSeconds());
  return date;
}

export default function NewMemo({ defaultVisibility }: { defaultVisibility: Visibility }) {
  const [round, setRound] = useState(0);
  const [draft, setDraft] = useState(() => loadDraft(key) ?? empty(defaultVisibility));
  const wish = useStore(composeWish);
  const [asked] = useState(() => openWishes(wish) > 0 || new URLSearchParams(location.search).has("new"));
  const [first] = useState(wish);
  const { terms } = useSearch();
  const day = chosenDay(terms);

  const save = useCallback(
    async ({ uid, content, visibility, files }: Draft) => {
      await createMemo({ uid, content, visibility, attachments: files.map(({ name }) => ({ name })), ...(day && { createTime: day }) });
      // In an unfiltered list the new memo itself is the answer.
      if (terms.length) showToast({ text: t("editor.saved") });
      setDraft(empty(defaultVisibility));
      setRound((count) => count + 1);
    },
    [defaultVisibility, day, terms],
  );

  useEffect(() => grantWish(wish), [wish]);

  return (
    <Editor
      key={round}
      draftKey={key}
      initial={draft}
      label={t("editor.new")}
      placeholder={t("editor.placeholder")}
      focusWish={round + wish - first + (asked ? 1 : 0)}
      onSave={save}
      notice={day && <p className="px-5 pb-2 text-xs text-muted">{t("editor.forDay", { day: day.toLocaleDateString() })}</p>}
    />
  );
}
