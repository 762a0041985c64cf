import { useQuery } from "@tanstack/react-query";
import { instanceApi } from "@/api/client";
import { settingKey } from "@/data/instance";
import { useMe } from "@/data/users";
import { User_Role } from "@/gen/memos/api/v1/user_service_pb";

const name = "instance/settings/STORAGE";

/** The largest file in bytes, as far as the reader may know it: only administrators may read the setting. */
export function useUploadLimit(): number | undefined {
  const admin = useMe()?.role === User_Role.ADMIN;
  const { data } = useQuery({ queryKey: settingKey(name), queryFn: () => instanceApi.getInstanceSetting({ name }), enabled: admin, staleTime: Infinity });
  if (data?.value.case !== "storageSetting") return undefined;
  const megabytes = Number(data.value.value.uploadSizeLimitMb);
  return megabytes > 0 ? megabytes * 1024 * 1024 : undefined;
}
