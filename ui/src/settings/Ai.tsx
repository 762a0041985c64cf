import { create } from "@bufbuild/protobuf";
import {
  type InstanceSetting_AIProviderConfig as Provider,
  InstanceSetting_AIProviderConfigSchema as ProviderSchema,
  InstanceSetting_AIProviderType as Type,
  type InstanceSetting_AISetting as Stored,
  InstanceSetting_TranscriptionConfigSchema as TranscriptionSchema,
} from "@/gen/memos/api/v1/instance_service_pb";
import { t } from "@/i18n";
import { newUid } from "@/lib/uid";
import { Button } from "@/ui/Button";
import { PasswordField, SelectField, TextField } from "@/ui/Field";
import { PlusIcon, TrashIcon } from "@/ui/icons";
import { InstanceGroup, Section, SettingForm, useForm } from "./form";

export default function Ai() {
  return (
    <InstanceGroup name="AI" kind="aiSetting">
      {(value, save) => <Form stored={value} save={save} />}
    </InstanceGroup>
  );
}

const transcriptionFields = [["model", "ai.model"], ["language", "ai.language"], ["prompt", "ai.prompt"]] as const;

function Form({ stored, save }: { stored: Stored; save(value: Stored): Promise<Stored> }) {
  const form = useForm(stored);
  const { providers } = form.value;
  const transcription = form.value.transcription ?? create(TranscriptionSchema);
  const put = (index: number, change: Partial<Provider>) => form.set({ providers: providers.map((one, at) => (at === index ? { ...one, ...change } : one)) });
  const setTranscription = (change: Partial<typeof transcription>) => form.set({ transcription: { ...transcription, ...change } });
  return (
    <Section title={t("settings.ai")} text={t("ai.text")}>
      <SettingForm dirty={form.dirty} onSave={async () => form.saved(await save(form.value))} onReset={form.reset}>
        {providers.map((provider, index) => (
          <fieldset key={provider.id} className="flex flex-col gap-4 rounded-2xl border border-line p-4">
            <legend className="px-1 text-sm font-medium">{provider.title || t("ai.provider")}</legend>
            <TextField label={t("sso.name")} value={provider.title} onChange={(event) => put(index, { title: event.target.value })} />
            <SelectField label={t("ai.type")} value={provider.type} onChange={(event) => put(index, { type: Number(event.target.value) as Type })}>
              <option value={Type.OPENAI}>{t("ai.openai")}</option>
              <option value={Type.GEMINI}>Gemini</option>
            </SelectField>
            <TextField label={t("storage.endpoint")} value={provider.endpoint} onChange={(event) => put(index, { endpoint: event.target.value })} />
            <PasswordField label={t("ai.key")} hint={provider.apiKeySet ? t("ai.keyKept", { hint: provider.apiKeyHint }) : undefined} value={provider.apiKey} onChange={(event) => put(index, { apiKey: event.target.value })} autoComplete="off" />
            <Button icon={TrashIcon} className="self-start" onClick={() => form.set({ providers: providers.filter((_, at) => at !== index) })}>
              {t("action.delete")}
            </Button>
          </fieldset>
        ))}
        <Button icon={PlusIcon} className="self-start" onClick={() => form.set({ providers: [...providers, create(ProviderSchema, { id: newUid(), type: Type.OPENAI })] })}>
          {t("ai.add")}
        </Button>
        {providers.length > 0 && (
          <fieldset className="flex flex-col gap-4">
            <legend className="mb-3 font-serif text-lg">{t("ai.transcription")}</legend>
            <SelectField label={t("ai.provider")} value={transcription.providerId} onChange={(event) => setTranscription({ providerId: event.target.value })}>
              <option value="">{t("ai.off")}</option>
              {providers.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.title}
                </option>
              ))}
            </SelectField>
            {transcriptionFields.map(([name, text]) => (
              <TextField key={name} label={t(text)} value={transcription[name]} onChange={(event) => setTranscription({ [name]: event.target.value })} />
            ))}
          </fieldset>
        )}
      </SettingForm>
    </Section>
  );
}
