import { lazy, Suspense, useState } from "react";
import { useComments, memoUid } from "@/data/memos";
import { useMe } from "@/data/users";
import { loadDraft } from "@/editor/drafts";
import { State } from "@/gen/memos/api/v1/common_pb";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { Button } from "@/ui/Button";
import { CommentIcon } from "@/ui/icons";
import { ErrorState, Loading } from "@/ui/State";
import { MemoCard } from "./MemoCard";

const NewComment = lazy(() => import("@/editor/NewComment"));

export function Comments({ memo }: { memo: Memo }) {
  const me = useMe();
  const { data, error, isPending, refetch } = useComments(memo.name);
  const [writing, setWriting] = useState(() => loadDraft(`comment.${memoUid(memo.name)}`) !== undefined);
  const may = me !== undefined && memo.state === State.NORMAL;
  return (
    <section id="comments" aria-labelledby="comments-title" className="mt-3 scroll-mt-20">
      <div className="mb-3 flex min-h-11 items-center justify-between gap-3">
        <h2 id="comments-title" className="font-serif text-xl">
          {data?.length ? t("comment.count", { n: data.length }) : t("comment.title")}
        </h2>
        {may && !writing && (
          <Button icon={CommentIcon} onClick={() => setWriting(true)}>
            {t("comment.write")}
          </Button>
        )}
      </div>
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} compact />
      ) : isPending ? (
        <Loading />
      ) : (
        <div className="flex flex-col gap-3">
          {data.map((comment) => (
            <MemoCard key={comment.name} memo={comment} author as="comment" />
          ))}
          {!data.length && !writing && <p className="text-sm text-muted">{t("comment.none")}</p>}
        </div>
      )}
      {writing && may && (
        <div className="card mt-3 focus-within:border-accent/60">
          <Suspense fallback={<div className="h-36" />}>
            <NewComment parent={memo} onDone={() => setWriting(false)} />
          </Suspense>
        </div>
      )}
    </section>
  );
}
