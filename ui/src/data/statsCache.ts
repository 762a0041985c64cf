import { create } from "@bufbuild/protobuf";
import { State } from "@/gen/memos/api/v1/common_pb";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { type UserStats, UserStatsSchema } from "@/gen/memos/api/v1/user_service_pb";
import { queryClient } from "./queryClient";

export const statsKey = (user: string) => ["stats", user] as const;

const counts = (memo: Memo | undefined) => memo !== undefined && memo.state === State.NORMAL && !memo.optionalParent.value;

/** Tag counts and days follow a memo's change from `before` to `after` without asking the server. */
export function changeStats(stats: UserStats, before: Memo | undefined, after: Memo | undefined): UserStats {
  const next = create(UserStatsSchema, { ...stats, tagCount: { ...stats.tagCount }, memoCreatedTimestamps: [...stats.memoCreatedTimestamps] });
  const tally = (memo: Memo, by: number) => {
    next.totalMemoCount += by;
    for (const tag of memo.tags) {
      const count = (next.tagCount[tag] ?? 0) + by;
      if (count > 0) next.tagCount[tag] = count;
      else delete next.tagCount[tag];
    }
    if (!memo.createTime) return;
    if (by > 0) next.memoCreatedTimestamps.push(memo.createTime);
    else {
      const at = next.memoCreatedTimestamps.findIndex((time) => time.seconds === memo.createTime!.seconds);
      if (at >= 0) next.memoCreatedTimestamps.splice(at, 1);
    }
  };
  if (counts(before)) tally(before!, -1);
  if (counts(after)) tally(after!, 1);
  return next;
}

export function patchStats(before: Memo | undefined, after: Memo | undefined): void {
  const creator = (after ?? before)?.creator;
  if (!creator) return;
  queryClient.setQueryData<UserStats>(statsKey(creator), (stats) => stats && changeStats(stats, before, after));
  // Counts over several people are asked for again when next shown.
  void queryClient.invalidateQueries({ queryKey: ["all-stats"], refetchType: "none" });
}
