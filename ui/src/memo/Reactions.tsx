import { create } from "@bufbuild/protobuf";
import { memoApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { withEcho } from "@/data/echoes";
import { useMemoSetting } from "@/data/instance";
import { cachedMemo, putMemo } from "@/data/memoCache";
import { useMe, usernameOf } from "@/data/users";
import { type Memo, ReactionSchema } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { IconButton } from "@/ui/Button";
import { ReactIcon } from "@/ui/icons";
import { Menu } from "@/ui/Menu";
import { showError } from "@/ui/toast";

const busy = new Set<string>();

/** Adds the reader's reaction or takes it back; shown at once, put right by the answer. */
async function toggle(memo: Memo, kind: string, user: string): Promise<void> {
  const key = `${memo.name} ${kind}`;
  if (busy.has(key)) return;
  busy.add(key);
  const own = memo.reactions.find((one) => one.reactionType === kind && one.creator === user);
  const others = (now: Memo) => now.reactions.filter((one) => !(one.reactionType === kind && one.creator === user));
  const put = (change: (now: Memo) => Memo["reactions"]) => {
    const now = cachedMemo(memo.name) ?? memo;
    putMemo({ ...now, reactions: change(now) });
  };
  const wanted = create(ReactionSchema, { creator: user, contentId: memo.name, reactionType: kind });
  put((now) => (own ? others(now) : [...others(now), wanted]));
  try {
    if (own) await withEcho("reaction.deleted", memo.name, () => memoApi.deleteMemoReaction({ name: own.name }));
    else {
      const reaction = { contentId: memo.name, reactionType: kind };
      const made = await withEcho("reaction.upserted", memo.name, () => memoApi.upsertMemoReaction({ name: memo.name, reaction }));
      put((now) => [...others(now), made]);
    }
  } catch (error) {
    put((now) => (own ? [...others(now), own] : others(now)));
    showError(describeError(error));
  } finally {
    busy.delete(key);
  }
}

export function Reactions({ memo, readOnly }: { memo: Memo; readOnly: boolean }) {
  const me = useMe();
  const groups = new Map<string, string[]>();
  for (const one of memo.reactions) groups.set(one.reactionType, [...(groups.get(one.reactionType) ?? []), one.creator]);
  return [...groups].map(([kind, users]) => {
    const mine = me !== undefined && users.includes(me.name);
    return (
      <button
        key={kind}
        type="button"
        disabled={readOnly || !me}
        aria-pressed={mine}
        aria-label={`${kind} ${users.length}`}
        title={users.map(usernameOf).join(", ")}
        onClick={() => me && void toggle(memo, kind, me.name)}
        className={cx(
          "inline-flex min-h-9 items-center gap-1.5 rounded-full border px-2.5 text-sm tabular-nums transition-colors pointer-coarse:min-h-11 pointer-coarse:px-3.5",
          mine ? "border-accent bg-accent-soft text-accent-strong" : "border-line bg-transparent enabled:hover:bg-sunken",
        )}
      >
        <span aria-hidden>{kind}</span>
        <span aria-hidden>{users.length}</span>
      </button>
    );
  });
}

export function ReactionPicker({ memo }: { memo: Memo }) {
  const me = useMe();
  const kinds = useMemoSetting()?.reactions ?? [];
  if (!me || !kinds.length) return null;
  return (
    <Menu label={t("reaction.add")} trigger={(props) => <IconButton small icon={ReactIcon} label={t("reaction.add")} {...props} />}>
      {(close) => (
        <div className="grid grid-cols-4 gap-1">
          {kinds.map((kind) => (
            <button
              key={kind}
              type="button"
              role="menuitem"
              tabIndex={-1}
              aria-label={kind}
              onClick={() => {
                close();
                void toggle(memo, kind, me.name);
              }}
              className="grid size-11 place-items-center rounded-xl text-xl outline-none hover:bg-sunken focus-visible:bg-sunken"
            >
              {kind}
            </button>
          ))}
        </div>
      )}
    </Menu>
  );
}
