import { useQuery } from "@tanstack/react-query";
import { instanceApi } from "@/api/client";
import type { InstanceSetting, InstanceSetting_GeneralSetting, InstanceSetting_MemoRelatedSetting, InstanceSetting_TagsSetting } from "@/gen/memos/api/v1/instance_service_pb";
import { queryClient } from "./queryClient";

export const profileKey = ["instance", "profile"] as const;
export const startKey = ["instance", "start"] as const;
export const settingKey = (name: string) => ["instance", "setting", name] as const;

export const fetchProfile = () => instanceApi.getInstanceProfile({});

export function useProfile() {
  return useQuery({ queryKey: profileKey, queryFn: fetchProfile, staleTime: Infinity });
}

const startNames = ["instance/settings/GENERAL", "instance/settings/MEMO_RELATED", "instance/settings/TAGS"];

/** Each gets its own entry. */
export function keepStartSettings(settings: InstanceSetting[]): InstanceSetting[] {
  settings.forEach((setting) => queryClient.setQueryData(settingKey(setting.name), setting));
  return settings;
}

/** The settings every page needs, in one call. */
export async function fetchStartSettings(): Promise<InstanceSetting[]> {
  const { settings } = await instanceApi.batchGetInstanceSettings({ names: startNames });
  return keepStartSettings(settings);
}

function useStartSetting(index: number): InstanceSetting["value"] | undefined {
  const { data } = useQuery({ queryKey: startKey, queryFn: fetchStartSettings, staleTime: Infinity });
  const own = useQuery<InstanceSetting>({ queryKey: settingKey(startNames[index]!), enabled: false });
  return (own.data ?? data?.[index])?.value;
}

export function useGeneralSetting(): InstanceSetting_GeneralSetting | undefined {
  const value = useStartSetting(0);
  return value?.case === "generalSetting" ? value.value : undefined;
}

export function useMemoSetting(): InstanceSetting_MemoRelatedSetting | undefined {
  const value = useStartSetting(1);
  return value?.case === "memoRelatedSetting" ? value.value : undefined;
}

export function useInstanceTags(): InstanceSetting_TagsSetting | undefined {
  const value = useStartSetting(2);
  return value?.case === "tagsSetting" ? value.value : undefined;
}

export function useInstanceTitle(): string {
  return useGeneralSetting()?.customProfile?.title || "Memora";
}
