import { useMemo, useState } from "react";
import { hasTerm } from "@/search/query";
import { useSearch } from "@/search/useSearch";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { ChevronRightIcon, HashIcon } from "@/ui/icons";
import { ErrorState } from "@/ui/State";
import type { ScopeStats } from "./BrowsePanel";
import { type TagBranch, tagTree } from "./tagTree";

const manyTags = 15;

export function TagList({ stats, onPicked }: { stats: ScopeStats; onPicked?: (() => void) | undefined }) {
  const [wanted, setWanted] = useState("");
  const tree = useMemo(() => {
    const word = wanted.trim().toLocaleLowerCase();
    return tagTree(word ? new Map([...stats.tags].filter(([tag]) => tag.toLocaleLowerCase().includes(word))) : stats.tags);
  }, [stats.tags, wanted]);

  return (
    <section aria-labelledby="tags-title">
      <h2 id="tags-title" className="mb-1.5 font-serif text-[1.05rem]">
        {t("tags.title")}
      </h2>
      {stats.error ? (
        <ErrorState error={stats.error} onRetry={stats.retry} compact />
      ) : stats.loading ? (
        <div className="flex flex-col gap-2 py-1">
          {["70%", "50%", "60%"].map((width) => (
            <div key={width} className="skeleton h-6" style={{ width }} />
          ))}
        </div>
      ) : stats.tags.size === 0 ? (
        <p className="text-sm leading-relaxed text-muted">{t("tags.empty")}</p>
      ) : (
        <>
          {stats.tags.size > manyTags && (
            <input aria-label={t("tags.filter")} placeholder={t("tags.filter")} value={wanted} onChange={(event) => setWanted(event.target.value)} className="field mb-2 min-h-9 py-1 text-sm" />
          )}
          <Branches level={tree} open={Boolean(wanted)} onPicked={onPicked} />
        </>
      )}
    </section>
  );
}

interface BranchProps {
  open: boolean;
  onPicked?: (() => void) | undefined;
}

function Branches({ level, open, onPicked }: BranchProps & { level: TagBranch[] }) {
  return (
    <ul>
      {level.map((branch) => (
        <Branch key={branch.name} branch={branch} open={open} onPicked={onPicked} />
      ))}
    </ul>
  );
}

function Branch({ branch, open, onPicked }: BranchProps & { branch: TagBranch }) {
  const { query, toggle } = useSearch();
  const term = { kind: "tag", value: branch.name, not: false } as const;
  const picked = hasTerm(query, term);
  const [expanded, setExpanded] = useState(() => query.includes(`tag:${branch.name}/`));
  const shown = expanded || open;
  return (
    <li>
      <div className={cx("flex items-center rounded-xl", picked ? "bg-accent-soft text-accent-strong" : "hover:bg-sunken")}>
        <button
          type="button"
          aria-pressed={picked}
          onClick={() => {
            toggle(term);
            onPicked?.();
          }}
          className="flex min-h-9 min-w-0 grow items-center gap-2 px-2 text-start text-sm pointer-coarse:min-h-11"
        >
          <HashIcon className={cx("size-3.5 shrink-0", picked ? "" : "text-muted")} aria-hidden />
          <span className="truncate">{branch.label}</span>
          <span className={cx("ms-auto ps-2 text-xs tabular-nums", picked ? "" : "text-muted")}>{branch.count}</span>
        </button>
        {branch.children.length > 0 && (
          <button
            type="button"
            aria-expanded={shown}
            aria-label={t("tags.expand", { tag: branch.name })}
            onClick={() => setExpanded(!expanded)}
            className="grid size-9 shrink-0 place-items-center rounded-xl text-muted hover:text-ink pointer-coarse:size-11"
          >
            <ChevronRightIcon className={cx("size-4 transition-transform rtl:-scale-x-100", shown && "rotate-90")} aria-hidden />
          </button>
        )}
      </div>
      {shown && branch.children.length > 0 && (
        <div className="ms-3.5 border-s border-line ps-1.5">
          <Branches level={branch.children} open={open} onPicked={onPicked} />
        </div>
      )}
    </li>
  );
}
