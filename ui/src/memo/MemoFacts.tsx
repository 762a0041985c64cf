import { type ReactNode, useState } from "react";
import { Link } from "@/app/Link";
import { changeMemo, memoUid } from "@/data/memos";
import { useProfile } from "@/data/instance";
import { type Memo, Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { VisibilityPicker } from "@/editor/VisibilityPicker";
import { t } from "@/i18n";
import { copyText } from "@/lib/copy";
import { formatFull, toDate } from "@/lib/time";
import { findHeadings } from "@/markdown/parse";
import { findTasks } from "@/markdown/tasks";
import { Button } from "@/ui/Button";
import { LinkIcon, ShareIcon } from "@/ui/icons";
import { references } from "./CardFoot";
import { memoAddress } from "./CardMenu";
import { useMayEdit } from "./MemoCard";
import { ShareDialog } from "./ShareDialog";
import { visibilityText } from "./visibility";

/** Beside a memo on its own page: what is known about it, and what leads on from it. */
export function MemoFacts({ memo }: { memo: Memo }) {
  const mayEdit = useMayEdit(memo);
  const profile = useProfile().data;
  const [sharing, setSharing] = useState(false);
  const comment = memo.optionalParent.case === "parent";
  const headings = findHeadings(memo.content);
  const tasks = memo.property?.hasTaskList ? findTasks(memo.content) : [];
  const [created, updated] = [toDate(memo.createTime), toDate(memo.updateTime)];
  return (
    <aside aria-label={t("facts.label")} className="flex flex-col gap-6 text-sm xl:sticky xl:top-6 xl:self-start">
      <div className="flex flex-wrap gap-2">
        <Button icon={LinkIcon} onClick={() => void copyText(memoAddress(memo, profile?.instanceUrl), t("memo.linkCopied"))}>
          {t("memo.copyLink")}
        </Button>
        {mayEdit && (
          <Button icon={ShareIcon} onClick={() => setSharing(true)}>
            {t("share.manage")}
          </Button>
        )}
      </div>
      <Fact title={t("visibility.label")}>
        {mayEdit && !comment ? (
          <div className="-ms-3">
            <VisibilityPicker value={memo.visibility} onChange={(visibility: Visibility) => void changeMemo(memo, { visibility })} />
          </div>
        ) : (
          visibilityText(memo.visibility)
        )}
      </Fact>
      {created && <Fact title={t("facts.created")}>{formatFull(created)}</Fact>}
      {updated && updated.getTime() !== created?.getTime() && <Fact title={t("facts.updated")}>{formatFull(updated)}</Fact>}
      {tasks.length > 0 && <Fact title={t("memo.tasks")}>{t("facts.tasks", { done: tasks.filter((task) => task.done).length, total: tasks.length })}</Fact>}
      {memo.tags.length > 0 && (
        <Fact title={t("tags.title")}>
          <span className="flex flex-wrap gap-1.5">
            {memo.tags.map((tag) => (
              <Link key={tag} to={`/?q=${encodeURIComponent(`tag:${/\s/.test(tag) ? `"${tag}"` : tag}`)}`} className="rounded-full bg-accent-soft px-2.5 py-0.5 text-accent-strong">
                #{tag}
              </Link>
            ))}
          </span>
        </Fact>
      )}
      <Related memo={memo} />
      {headings.length > 1 && (
        <Fact title={t("facts.outline")}>
          <ol>
            {headings.map((heading, index) => (
              <li key={index} style={{ paddingInlineStart: `${(heading.depth - 1) * 0.75}rem` }}>
                <a href={`#${heading.id}`} className="block truncate py-0.5 hover:underline">
                  {heading.text}
                </a>
              </li>
            ))}
          </ol>
        </Fact>
      )}
      {sharing && <ShareDialog memo={memo} onClose={() => setSharing(false)} />}
    </aside>
  );
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-1 text-xs font-medium text-muted">{title}</h2>
      <div className="leading-relaxed">{children}</div>
    </section>
  );
}

function Related({ memo }: { memo: Memo }) {
  const found = references(memo);
  const out = found.filter((one) => one.memo?.name === memo.name).map((one) => one.relatedMemo);
  const into = found.filter((one) => one.relatedMemo?.name === memo.name).map((one) => one.memo);
  return ([["facts.linksTo", out], ["facts.linkedFrom", into]] as const).map(
    ([title, memos]) =>
      memos.length > 0 && (
        <Fact key={title} title={t(title)}>
          <ul className="flex flex-col gap-1.5">
            {memos.map((one) => one && (
              <li key={one.name}>
                <Link to={`/memos/${memoUid(one.name)}`} className="block rounded-xl border border-line bg-surface px-3 py-2 hover:border-line-strong">
                  {one.snippet || memoUid(one.name)}
                </Link>
              </li>
            ))}
          </ul>
        </Fact>
      ),
  );
}
