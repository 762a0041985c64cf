import { create } from "@bufbuild/protobuf";
import {
  type InstanceSetting_StorageSetting as Stored,
  type InstanceSetting_StorageSetting_S3Config as S3,
  InstanceSetting_StorageSetting_S3ConfigSchema as S3Schema,
  InstanceSetting_StorageSetting_StorageType as Type,
} from "@/gen/memos/api/v1/instance_service_pb";
import { t, type TextKey } from "@/i18n";
import { PasswordField, Switch, TextField } from "@/ui/Field";
import { InstanceGroup, Section, SettingForm, useForm } from "./form";

const types: [Type, TextKey, TextKey][] = [
  [Type.LOCAL, "storage.local", "storage.localText"],
  [Type.DATABASE, "storage.database", "storage.databaseText"],
  [Type.S3, "storage.s3", "storage.s3Text"],
];

export default function Storage() {
  return (
    <InstanceGroup name="STORAGE" kind="storageSetting">
      {(value, save) => <Form stored={value} save={save} />}
    </InstanceGroup>
  );
}

function Form({ stored, save }: { stored: Stored; save(value: Stored): Promise<Stored> }) {
  const form = useForm(stored);
  const { value, set } = form;
  return (
    <Section title={t("settings.storage")} text={t("storage.text")}>
      <SettingForm dirty={form.dirty} onSave={async () => form.saved(await save(value))} onReset={form.reset}>
        <fieldset className="grid gap-2 sm:grid-cols-3">
          <legend className="mb-2 text-sm font-medium">{t("storage.where")}</legend>
          {types.map(([type, name, text]) => (
            <label key={type} className="flex gap-3 rounded-2xl border border-line p-4 text-sm has-checked:border-accent has-checked:bg-accent-soft">
              <input type="radio" name="storage-type" checked={value.storageType === type} onChange={() => set({ storageType: type })} className="mt-0.5 size-4 accent-accent" />
              <span>
                <span className="block font-medium">{t(name)}</span>
                <span className="text-muted">{t(text)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <TextField label={t("storage.limit")} type="number" min={1} value={String(value.uploadSizeLimitMb)} onChange={(event) => set({ uploadSizeLimitMb: BigInt(Math.max(0, Math.trunc(Number(event.target.value)))) })} />
        {value.storageType !== Type.DATABASE && (
          <TextField label={t("storage.template")} hint={t("storage.templateHint")} value={value.filepathTemplate} onChange={(event) => set({ filepathTemplate: event.target.value })} spellCheck={false} className="font-mono text-sm" />
        )}
        {value.storageType === Type.S3 && <S3Fields value={value.s3Config ?? create(S3Schema)} kept={Boolean(stored.s3Config?.accessKeyId)} onChange={(s3Config) => set({ s3Config })} />}
      </SettingForm>
    </Section>
  );
}

const s3Fields = [
  ["accessKeyId", "storage.keyId"],
  ["endpoint", "storage.endpoint"],
  ["region", "storage.region"],
  ["bucket", "storage.bucket"],
] as const;

function S3Fields({ value, kept, onChange }: { value: S3; kept: boolean; onChange(value: S3): void }) {
  return (
    <>
      {s3Fields.map(([name, text]) => (
        <TextField key={name} label={t(text)} value={value[name]} onChange={(event) => onChange({ ...value, [name]: event.target.value })} autoComplete="off" spellCheck={false} />
      ))}
      <PasswordField label={t("storage.secret")} hint={kept ? t("field.secretKept") : undefined} value={value.accessKeySecret} onChange={(event) => onChange({ ...value, accessKeySecret: event.target.value })} autoComplete="off" />
      <Switch label={t("storage.pathStyle")} checked={value.usePathStyle} onChange={(usePathStyle) => onChange({ ...value, usePathStyle })} />
      <Switch label={t("storage.skipTls")} hint={t("storage.skipTlsHint")} checked={value.insecureSkipTlsVerify} onChange={(insecureSkipTlsVerify) => onChange({ ...value, insecureSkipTlsVerify })} />
    </>
  );
}
