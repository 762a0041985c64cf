import { isGone, isMissing } from "@/api/errors";
import { Link } from "@/app/Link";
import { goBack } from "@/app/router";
import { useInstanceTitle } from "@/data/instance";
import { memoUid, useMemoByName } from "@/data/memos";
import { parentOf } from "@/data/memoLists";
import { State } from "@/gen/memos/api/v1/common_pb";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { useStore } from "@/lib/store";
import { editing } from "@/memo/cardActions";
import { Comments } from "@/memo/Comments";
import { MemoCard } from "@/memo/MemoCard";
import { MemoFacts } from "@/memo/MemoFacts";
import { ChevronLeftIcon } from "@/ui/icons";
import { ErrorState, Loading } from "@/ui/State";
import { NotFoundPage } from "./ErrorPages";

export default function MemoPage({ uid }: Record<string, string>) {
  const { data: memo, error, refetch, isPending } = useMemoByName(`memos/${uid}`);
  const title = memo ? memo.property?.title || memo.snippet || t("memo.title") : t("memo.title");
  const isEditing = useStore(editing).has(`memos/${uid}`);
  useDocumentTitle(title, useInstanceTitle());
  if (error && (memo ? isGone(error) && !isEditing : isMissing(error))) return <NotFoundPage />;
  if (isPending && !memo) return <Loading />;
  if (!memo) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div className="mx-auto grid max-w-[42rem] gap-8 py-4 md:py-6 xl:max-w-none xl:grid-cols-[minmax(0,42rem)_15rem] xl:gap-12 xl:ps-5">
      <div className="flex min-w-0 flex-col gap-4">
        <h1 className="sr-only">{title}</h1>
        <Back memo={memo} />
        {memo.state === State.ARCHIVED && <p className="rounded-2xl bg-gold-soft px-4 py-2.5 text-sm text-gold">{t("memo.isArchived")}</p>}
        <MemoCard memo={memo} author as="page" />
        <Comments memo={memo} />
      </div>
      <MemoFacts memo={memo} />
    </div>
  );
}

/** A comment leads to the memo it is about, any other memo to the list. */
function Back({ memo }: { memo: Memo }) {
  const parent = parentOf(memo);
  const to = parent ? `/memos/${memoUid(parent)}#${memoUid(memo.name)}` : "/";
  return (
    <Link
      to={to}
      onClick={(event) => {
        if (parent || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        goBack("/");
      }}
      className="-ms-2 inline-flex min-h-10 w-fit items-center gap-1 rounded-full px-2 pe-3.5 text-sm text-muted hover:bg-sunken hover:text-ink"
    >
      <ChevronLeftIcon className="size-4 rtl:-scale-x-100" aria-hidden />
      {parent ? t("memo.toParent") : t("nav.home")}
    </Link>
  );
}
