import { Link } from "@/app/Link";
import { memoUid } from "@/data/memos";
import { type Memo, MemoRelation_Type } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { CommentIcon, LinkIcon } from "@/ui/icons";
import { Reactions } from "./Reactions";

const commentCount = (memo: Memo) => memo.relations.filter((one) => one.type === MemoRelation_Type.COMMENT && one.relatedMemo?.name === memo.name).length;

export const references = (memo: Memo) => memo.relations.filter((one) => one.type === MemoRelation_Type.REFERENCE);

export function CardFoot({ memo, as, readOnly }: { memo: Memo; as: "item" | "page" | "comment"; readOnly: boolean }) {
  const comments = as === "page" ? 0 : commentCount(memo);
  const linked = as === "item" ? references(memo).length : 0;
  if (!memo.reactions.length && !comments && !linked) return null;
  const chip = "inline-flex min-h-9 items-center gap-1.5 rounded-full px-2 text-sm text-muted hover:bg-sunken hover:text-ink";
  return (
    <footer className="mt-3 -mb-1 flex flex-wrap items-center gap-1.5">
      <Reactions memo={memo} readOnly={readOnly} />
      <span className="ms-auto flex items-center">
        {linked > 0 && (
          <Link to={`/memos/${memoUid(memo.name)}`} className={chip} aria-label={t("memo.links", { n: linked })}>
            <LinkIcon className="size-4" aria-hidden />
            {linked}
          </Link>
        )}
        {comments > 0 && (
          <Link to={`/memos/${memoUid(memo.name)}#comments`} className={chip} aria-label={t("memo.comments", { n: comments })}>
            <CommentIcon className="size-4" aria-hidden />
            {comments}
          </Link>
        )}
      </span>
    </footer>
  );
}
