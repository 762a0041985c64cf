import { create } from "@bufbuild/protobuf";
import { type InstanceSetting_GeneralSetting as General, InstanceSetting_GeneralSetting_CustomProfileSchema as ProfileSchema } from "@/gen/memos/api/v1/instance_service_pb";
import { t } from "@/i18n";
import { SelectField, Switch, TextArea, TextField } from "@/ui/Field";
import { InstanceGroup, Section, SettingForm, useForm } from "./form";

export default function System() {
  return (
    <InstanceGroup name="GENERAL" kind="generalSetting">
      {(value, save) => <Form stored={value} save={save} />}
    </InstanceGroup>
  );
}

const switches = [
  ["disallowUserRegistration", "system.noSignUp", "system.noSignUpHint"],
  ["disallowPasswordAuth", "system.noPasswords", "system.noPasswordsHint"],
  ["disallowChangeUsername", "system.fixedUsername", undefined],
  ["disallowChangeNickname", "system.fixedNickname", undefined],
] as const;

const weekdays = [["-1", "system.saturday"], ["0", "system.sunday"], ["1", "system.monday"]] as const;

function Form({ stored, save }: { stored: General; save(value: General): Promise<General> }) {
  const form = useForm(stored);
  const { value, set } = form;
  const profile = value.customProfile ?? create(ProfileSchema);
  const setProfile = (change: Partial<typeof profile>) => set({ customProfile: { ...profile, ...change } });
  return (
    <Section title={t("settings.system")}>
      <SettingForm dirty={form.dirty} onSave={async () => form.saved(await save(value))} onReset={form.reset}>
        <TextField label={t("system.name")} value={profile.title} placeholder="Memora" onChange={(event) => setProfile({ title: event.target.value })} />
        <TextField label={t("system.icon")} value={profile.logoUrl} onChange={(event) => setProfile({ logoUrl: event.target.value })} />
        <TextArea label={t("field.description")} value={profile.description} rows={2} onChange={(event) => setProfile({ description: event.target.value })} />
        <div className="divide-y divide-line">
          {switches.map(([name, text, hint]) => (
            <Switch key={name} label={t(text)} hint={hint && t(hint)} checked={value[name]} onChange={(checked) => set({ [name]: checked })} />
          ))}
        </div>
        <SelectField label={t("system.firstDay")} value={value.weekStartDayOffset} onChange={(event) => set({ weekStartDayOffset: Number(event.target.value) })}>
          {weekdays.map(([offset, text]) => (
            <option key={offset} value={offset}>
              {t(text)}
            </option>
          ))}
        </SelectField>
        <TextArea label={t("system.style")} hint={t("system.styleHint")} value={value.additionalStyle} spellCheck={false} className="font-mono text-sm" onChange={(event) => set({ additionalStyle: event.target.value })} />
        <TextArea label={t("system.script")} hint={t("system.scriptHint")} value={value.additionalScript} spellCheck={false} className="font-mono text-sm" onChange={(event) => set({ additionalScript: event.target.value })} />
      </SettingForm>
    </Section>
  );
}
