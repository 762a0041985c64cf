import { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import type { Icon } from "@/ui/Button";
import { GlobeIcon, LockIcon, UsersIcon } from "@/ui/icons";

export const visibilities = [Visibility.PRIVATE, Visibility.PROTECTED, Visibility.PUBLIC] as const;

export const visibilityIcons: Record<number, Icon> = {
  [Visibility.PRIVATE]: LockIcon,
  [Visibility.PROTECTED]: UsersIcon,
  [Visibility.PUBLIC]: GlobeIcon,
};

export function visibilityText(visibility: Visibility): string {
  if (visibility === Visibility.PUBLIC) return t("visibility.public");
  return t(visibility === Visibility.PROTECTED ? "visibility.protected" : "visibility.private");
}

export function visibilityNote(visibility: Visibility): string {
  if (visibility === Visibility.PUBLIC) return t("visibility.publicNote");
  return t(visibility === Visibility.PROTECTED ? "visibility.protectedNote" : "visibility.privateNote");
}
