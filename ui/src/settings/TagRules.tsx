import { create } from "@bufbuild/protobuf";
import { useQueryClient } from "@tanstack/react-query";
import { userApi } from "@/api/client";
import { personalKeys, useUserSettings } from "@/data/personal";
import { useMe } from "@/data/users";
import { ColorSchema } from "@/gen/google/type/color_pb";
import { type User, type UserSetting, UserSetting_TagMetadataSchema } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { Button, IconButton } from "@/ui/Button";
import { PlusIcon, TrashIcon } from "@/ui/icons";
import { ErrorState, Loading } from "@/ui/State";
import { Section, SettingForm, useForm } from "./form";
import { fromHex, toHex } from "@/lib/color";

interface Rule {
  pattern: string;
  color: string;
  blur: boolean;
}

function rulesOf(settings: UserSetting[]): Rule[] {
  for (const { value } of settings) {
    if (value.case !== "tagsSetting") continue;
    return Object.entries(value.value.tags).map(([pattern, rule]) => ({ pattern, color: toHex(rule.backgroundColor), blur: rule.blurContent }));
  }
  return [];
}

export default function TagRules() {
  const me = useMe();
  const { data, error, refetch } = useUserSettings();
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!me || !data) return <Loading />;
  return <Rules me={me} stored={rulesOf(data)} />;
}

function Rules({ me, stored }: { me: User; stored: Rule[] }) {
  const client = useQueryClient();
  const form = useForm({ rules: stored });
  const { rules } = form.value;
  const put = (index: number, change: Partial<Rule>) => form.set({ rules: rules.map((one, at) => (at === index ? { ...one, ...change } : one)) });

  async function save() {
    const tags = Object.fromEntries(
      rules
        .filter((rule) => rule.pattern.trim())
        .map(({ pattern, color, blur }) => {
          const backgroundColor = color ? create(ColorSchema, fromHex(color)) : undefined;
          return [pattern.trim(), create(UserSetting_TagMetadataSchema, { blurContent: blur, ...(backgroundColor && { backgroundColor }) })];
        }),
    );
    const setting = await userApi.updateUserSetting({ setting: { name: `${me.name}/settings/TAGS`, value: { case: "tagsSetting", value: { tags } } }, updateMask: { paths: ["tags"] } });
    client.setQueryData<UserSetting[]>(personalKeys.settings(me.name), (all) => [...(all ?? []).filter((one) => one.value.case !== "tagsSetting"), setting]);
    form.saved({ rules: rulesOf([setting]) });
  }

  return (
    <Section title={t("settings.tags")} text={t("tagRules.text")}>
      <SettingForm dirty={form.dirty} onSave={save} onReset={form.reset}>
        <ul className="flex flex-col gap-2">
          {rules.map((rule, index) => (
            <li key={index} className="flex flex-wrap items-center gap-2 rounded-2xl border border-line p-2">
              <input aria-label={t("tagRules.pattern")} placeholder={t("tagRules.pattern")} value={rule.pattern} onChange={(event) => put(index, { pattern: event.target.value })} className="field min-w-40 grow basis-40 font-mono text-sm" />
              <label className="flex min-h-11 items-center gap-2 px-1 text-sm">
                <input type="color" aria-label={t("tagRules.color")} value={rule.color || "#dcefe5"} onChange={(event) => put(index, { color: event.target.value })} className="size-9 rounded-lg border border-line bg-transparent" />
                {rule.color && (
                  <button type="button" className="text-muted underline-offset-4 hover:underline" onClick={() => put(index, { color: "" })}>
                    {t("tagRules.noColor")}
                  </button>
                )}
              </label>
              <label className="flex min-h-11 items-center gap-2 px-1 text-sm">
                <input type="checkbox" checked={rule.blur} onChange={(event) => put(index, { blur: event.target.checked })} className="size-5 accent-accent" />
                {t("tagRules.blur")}
              </label>
              <IconButton icon={TrashIcon} label={t("action.delete")} onClick={() => form.set({ rules: rules.filter((_, at) => at !== index) })} />
            </li>
          ))}
        </ul>
        <Button icon={PlusIcon} className="self-start" onClick={() => form.set({ rules: [...rules, { pattern: "", color: "", blur: false }] })}>
          {t("tagRules.add")}
        </Button>
      </SettingForm>
    </Section>
  );
}
