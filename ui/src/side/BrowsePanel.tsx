import { session } from "@/api/session";
import { usePlace } from "@/app/router";
import { useAllStats, useStats } from "@/data/personal";
import { useMe } from "@/data/users";
import type { UserStats } from "@/gen/memos/api/v1/user_service_pb";
import { useStore } from "@/lib/store";
import { Calendar } from "./Calendar";
import { SearchBox } from "./SearchBox";
import { ShortcutList } from "./ShortcutList";
import { TagList } from "./TagList";

export interface ScopeStats {
  tags: Map<string, number>;
  days: Date[];
  loading: boolean;
  error: unknown;
  retry(): void;
}

const dates = (stats: UserStats) => stats.memoCreatedTimestamps.map((time) => new Date(Number(time.seconds) * 1000));

/** Counts for the page at hand: one's own at home, a person's on the profile, everybody's on explore. */
function useScopeStats(): ScopeStats {
  const { path } = usePlace();
  const me = useMe();
  const guest = useStore(session) === "guest";
  const profile = /^\/u\/([^/]+)$/.exec(path)?.[1];
  const everybody = path === "/explore" || (guest && !profile);
  const archived = path === "/archived";
  const several = everybody || archived;
  const one = useStats(several ? undefined : profile ? `users/${profile}` : me?.name);
  const all = useAllStats(archived ? "archived" : "explore", several);
  const found = several ? all.data : one.data && [one.data];
  const tags = new Map<string, number>();
  for (const stats of found ?? []) {
    for (const [tag, count] of Object.entries(stats.tagCount)) tags.set(tag, (tags.get(tag) ?? 0) + count);
  }
  const source = several ? all : one;
  return { tags, days: (found ?? []).flatMap(dates), loading: source.isLoading, error: source.data ? null : source.error, retry: () => void source.refetch() };
}

interface Props {
  autoFocus?: boolean;
  /** Something was chosen: the sheet may close. */
  onPicked?: () => void;
}

export default function BrowsePanel({ autoFocus = false, onPicked }: Props) {
  const stats = useScopeStats();
  const me = useMe();
  return (
    <div className="flex flex-col gap-7">
      <SearchBox autoFocus={autoFocus} tags={stats.tags} onDone={onPicked} />
      <Calendar days={stats.days} onPicked={onPicked} />
      {me && <ShortcutList onPicked={onPicked} />}
      <TagList stats={stats} onPicked={onPicked} />
    </div>
  );
}
