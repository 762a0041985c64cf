import { useQuery } from "@tanstack/react-query";
import { shortcutApi, userApi } from "@/api/client";
import type { UserSetting, UserSetting_GeneralSetting } from "@/gen/memos/api/v1/user_service_pb";
import { State } from "@/gen/memos/api/v1/common_pb";
import { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { statsKey } from "./statsCache";
import { useMe } from "./users";

/** What belongs to the signed-in user: settings, shortcuts, counts, notifications. */
export const personalKeys = {
  settings: (user: string) => ["user-settings", user] as const,
  shortcuts: (user: string) => ["shortcuts", user] as const,
  notifications: (user: string) => ["notifications", user] as const,
};

export function useStats(user: string | undefined) {
  return useQuery({
    queryKey: statsKey(user ?? ""),
    queryFn: ({ signal }) => userApi.getUserStats({ name: user! }, { signal }),
    enabled: Boolean(user),
    staleTime: 5 * 60_000,
  });
}

export type StatsScope = "explore" | "archived" | "visible";

const scopeRequests = { explore: { filter: 'visibility in ["PUBLIC", "PROTECTED"]' }, archived: { state: State.ARCHIVED }, visible: {} };

/** Counts over what everybody shares, one's own archived memos, or all that one may see. */
export function useAllStats(scope: StatsScope, enabled: boolean) {
  return useQuery({
    queryKey: ["all-stats", scope],
    queryFn: async ({ signal }) => (await userApi.listAllUserStats(scopeRequests[scope], { signal })).stats,
    enabled,
    staleTime: 5 * 60_000,
  });
}

export function useUserSettings() {
  const me = useMe();
  return useQuery({
    queryKey: personalKeys.settings(me?.name ?? ""),
    queryFn: async ({ signal }) => (await userApi.listUserSettings({ parent: me!.name }, { signal })).settings,
    enabled: Boolean(me),
    staleTime: 5 * 60_000,
  });
}

export function generalOf(settings: UserSetting[] | undefined): UserSetting_GeneralSetting | undefined {
  for (const setting of settings ?? []) if (setting.value.case === "generalSetting") return setting.value.value;
  return undefined;
}

export function parseVisibility(text: string | undefined): Visibility {
  if (text === "PUBLIC") return Visibility.PUBLIC;
  return text === "PROTECTED" ? Visibility.PROTECTED : Visibility.PRIVATE;
}

export function useDefaultVisibility(): Visibility {
  return parseVisibility(generalOf(useUserSettings().data)?.memoVisibility);
}

export function useShortcuts() {
  const me = useMe();
  return useQuery({
    queryKey: personalKeys.shortcuts(me?.name ?? ""),
    queryFn: async ({ signal }) => (await shortcutApi.listShortcuts({ parent: me!.name }, { signal })).shortcuts,
    enabled: Boolean(me),
    staleTime: 5 * 60_000,
  });
}

export function useNotifications() {
  const me = useMe();
  return useQuery({
    queryKey: personalKeys.notifications(me?.name ?? ""),
    queryFn: async ({ signal }) => (await userApi.listUserNotifications({ parent: me!.name }, { signal })).notifications,
    enabled: Boolean(me),
    staleTime: 30_000,
    refetchInterval: 120_000,
  });
}
