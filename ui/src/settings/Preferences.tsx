import { useQueryClient } from "@tanstack/react-query";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { setTheme, theme, type Theme, themes } from "@/app/theme";
import { generalOf, parseVisibility, personalKeys, useUserSettings } from "@/data/personal";
import { useMe } from "@/data/users";
import { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import type { UserSetting } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { useStore } from "@/lib/store";
import { visibilities, visibilityNote, visibilityText } from "@/memo/visibility";
import { SelectField } from "@/ui/Field";
import { ErrorState, Loading } from "@/ui/State";
import { showError, showToast } from "@/ui/toast";
import { Section } from "./form";

export default function Preferences() {
  const client = useQueryClient();
  const me = useMe();
  const chosen = useStore(theme);
  const { data, error, refetch } = useUserSettings();
  const general = generalOf(data);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!me || !general) return <Loading />;

  async function save(path: "theme" | "memo_visibility", value: { theme?: string; memoVisibility?: string }) {
    // A first stored setting starts from nothing at all: the others go along so that they aren't emptied.
    const paths = ["locale", "memo_visibility", "theme"];
    const next = { locale: general!.locale || "en", memoVisibility: general!.memoVisibility || "PRIVATE", theme: general!.theme, ...value };
    try {
      const setting = await userApi.updateUserSetting({ setting: { name: `${me!.name}/settings/GENERAL`, value: { case: "generalSetting", value: next } }, updateMask: { paths } });
      client.setQueryData<UserSetting[]>(personalKeys.settings(me!.name), (all) => all?.map((one) => (one.value.case === "generalSetting" ? setting : one)));
      if (path === "memo_visibility") showToast({ text: t("editor.saved") });
    } catch (failure) {
      showError(describeError(failure));
    }
  }

  return (
    <Section title={t("settings.preferences")}>
      <div className="flex flex-col gap-5">
        <SelectField
          label={t("theme.label")}
          value={chosen}
          onChange={(event) => {
            setTheme(event.target.value as Theme);
            void save("theme", { theme: event.target.value });
          }}
        >
          {themes.map((one) => (
            <option key={one} value={one}>
              {t(`theme.${one}`)}
            </option>
          ))}
        </SelectField>
        <SelectField label={t("preferences.visibility")} hint={t("preferences.visibilityHint")} value={parseVisibility(general.memoVisibility)} onChange={(event) => void save("memo_visibility", { memoVisibility: Visibility[Number(event.target.value)]! })}>
          {visibilities.map((one) => (
            <option key={one} value={one}>
              {visibilityText(one)} – {visibilityNote(one)}
            </option>
          ))}
        </SelectField>
      </div>
    </Section>
  );
}
