import { lazy, memo as memoised, Suspense, useEffect, useRef } from "react";
import { usePlace } from "@/app/router";
import { Link } from "@/app/Link";
import { useMemoSetting } from "@/data/instance";
import { memoUid } from "@/data/memos";
import { nameOf, useMe, useUser } from "@/data/users";
import { User_Role } from "@/gen/memos/api/v1/user_service_pb";
import { State } from "@/gen/memos/api/v1/common_pb";
import { type Memo, Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { formatClock, formatFull, formatRelative, formatShortDate, toDate } from "@/lib/time";
import { Avatar } from "@/ui/Avatar";
import { PinIcon } from "@/ui/icons";
import { Boundary } from "@/ui/State";
import { Attachments } from "./Attachments";
import { CardBody } from "./CardBody";
import { CardFoot } from "./CardFoot";
import { CardMenu } from "./CardMenu";
import { editing, setEditing } from "./cardActions";
import { ReactionPicker } from "./Reactions";
import { view } from "./view";
import { visibilityIcons, visibilityText } from "./visibility";

const MemoEditor = lazy(() => import("@/editor/MemoEditor"));

interface Props {
  memo: Memo;
  author?: boolean;
  by?: "create_time" | "update_time";
  /** Where the card stands: in a list, alone on its page, or under another memo. */
  as?: "item" | "page" | "comment";
  /** Reached by a share link: read only. */
  shareToken?: string;
}

export const MemoCard = memoised(function MemoCard(props: Props) {
  const { memo } = props;
  const isEditing = useStore(editing).has(memo.name);
  const card = useRef<HTMLElement>(null);
  const was = useRef(isEditing);
  useEffect(() => {
    // After editing, the focus goes back to where it came from.
    if (was.current && !isEditing) card.current?.focus({ preventScroll: true });
    was.current = isEditing;
  }, [isEditing]);

  return (
    <article
      ref={card}
      id={memoUid(memo.name)}
      data-memo={memo.name}
      tabIndex={-1}
      aria-label={t("memo.label", { text: memo.property?.title || memo.snippet || memo.content.slice(0, 64) || t("memo.noText") })}
      className={cx("card group/card relative scroll-mt-20", memo.pinned && "border-[color-mix(in_srgb,var(--gold)_35%,var(--line))]", isEditing ? "p-0" : "px-4 pt-2.5 pb-4 sm:px-5")}
    >
      <Boundary>
        {isEditing ? (
          <Suspense fallback={<div className="h-48" />}>
            <MemoEditor memo={memo} onDone={() => setEditing(memo.name, false)} />
          </Suspense>
        ) : (
          <Content {...props} />
        )}
      </Boundary>
    </article>
  );
});

export function useMayEdit(memo: Memo): boolean {
  const me = useMe();
  return me !== undefined && (me.name === memo.creator || me.role === User_Role.ADMIN);
}

function Content({ memo, author = false, by = "create_time", as = "item", shareToken }: Props) {
  const mayEdit = useMayEdit(memo) && !shareToken;
  const me = useMe();
  const doubleClick = useMemoSetting()?.enableDoubleClickEdit;
  const compact = useStore(view).compact;
  const dated = memo.pinned || as !== "item";
  return (
    <div onDoubleClick={mayEdit && doubleClick && memo.state === State.NORMAL ? () => setEditing(memo.name, true) : undefined}>
      <header className="mb-1 flex min-h-10 items-center gap-2 text-sm text-muted">
        {author ? <Author memo={memo} by={by} dated={dated} /> : <When memo={memo} by={by} dated={dated} />}
        <Marks memo={memo} />
        <div className="-me-2 ms-auto flex items-center">
          {me && !shareToken && memo.state === State.NORMAL && (
            <span className="opacity-0 transition-opacity group-hover/card:opacity-100 group-focus-within/card:opacity-100 pointer-coarse:opacity-100">
              <ReactionPicker memo={memo} />
            </span>
          )}
          {!shareToken && <CardMenu memo={memo} mayEdit={mayEdit} as={as} />}
        </div>
      </header>
      <CardBody memo={memo} mayEdit={mayEdit && memo.state === State.NORMAL} fold={as === "item"} compact={compact} anchors={as === "page"} />
      <Attachments attachments={memo.attachments} {...(shareToken && { shareToken })} />
      <CardFoot memo={memo} as={as} readOnly={!me || Boolean(shareToken)} />
    </div>
  );
}

function Author({ memo, by, dated }: { memo: Memo; by: "create_time" | "update_time"; dated: boolean }) {
  const user = useUser(memo.creator);
  const username = memo.creator.slice("users/".length);
  return (
    <>
      <Avatar user={user} className="size-8" />
      <span className="flex min-w-0 flex-wrap items-baseline gap-x-2">
        <Link to={`/u/${encodeURIComponent(username)}`} className="truncate font-medium text-ink hover:underline">
          {user ? nameOf(user) : username}
        </Link>
        <When memo={memo} by={by} dated={dated} />
      </span>
    </>
  );
}

/** Under the heading of its day a memo needs only the hour; elsewhere the day belongs to it. */
function shortTime(time: Date, dated: boolean): string {
  const day = 24 * 3_600_000;
  if (Date.now() - time.getTime() < day) return formatRelative(time);
  return dated ? formatRelative(time) : formatClock(time);
}

/** The time is the way to the memo's own page. */
function When({ memo, by, dated }: { memo: Memo; by: "create_time" | "update_time"; dated: boolean }) {
  const created = toDate(memo.createTime);
  const updated = toDate(memo.updateTime);
  const shown = (by === "update_time" ? updated : created) ?? created;
  const place = usePlace();
  if (!shown) return null;
  const edited = created && updated && updated.getTime() - created.getTime() > 60_000;
  const tip = [created && t("memo.createdAt", { time: formatFull(created) }), edited && t("memo.updatedAt", { time: formatFull(updated) })].filter(Boolean).join("\n");
  const own = place.path === `/memos/${memoUid(memo.name)}`;
  return (
    <Link to={`/memos/${memoUid(memo.name)}`} title={tip} className={cx("hover:text-ink hover:underline", own ? "min-w-0" : "whitespace-nowrap")}>
      <time dateTime={shown.toISOString()}>{own ? `${formatShortDate(shown)}, ${formatClock(shown)}` : shortTime(shown, dated)}</time>
    </Link>
  );
}

function Marks({ memo }: { memo: Memo }) {
  const Glyph = visibilityIcons[memo.visibility];
  const visible = memo.visibility === Visibility.PUBLIC || memo.visibility === Visibility.PROTECTED;
  return (
    <>
      {visible && Glyph && (
        <span title={visibilityText(memo.visibility)} className="inline-flex">
          <Glyph className="size-3.5" aria-hidden />
          <span className="sr-only">{visibilityText(memo.visibility)}</span>
        </span>
      )}
      {memo.pinned && (
        <span title={t("memo.pinned")} className="inline-flex text-gold">
          <PinIcon className="size-3.5" aria-hidden />
          <span className="sr-only">{t("memo.pinned")}</span>
        </span>
      )}
    </>
  );
}
