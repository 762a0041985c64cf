import { create } from "@bufbuild/protobuf";
import { useState } from "react";
import { instanceApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { type InstanceSetting_NotificationSetting as Stored, InstanceSetting_NotificationSetting_EmailSettingSchema as EmailSchema } from "@/gen/memos/api/v1/instance_service_pb";
import { t } from "@/i18n";
import { Button } from "@/ui/Button";
import { PasswordField, Switch, TextField } from "@/ui/Field";
import { showError, showToast } from "@/ui/toast";
import { InstanceGroup, Section, SettingForm, useForm } from "./form";

export default function Notification() {
  return (
    <InstanceGroup name="NOTIFICATION" kind="notificationSetting">
      {(value, save) => <Form stored={value} save={save} />}
    </InstanceGroup>
  );
}

function Form({ stored, save }: { stored: Stored; save(value: Stored): Promise<Stored> }) {
  const form = useForm(stored);
  const email = form.value.email ?? create(EmailSchema);
  const set = (change: Partial<typeof email>) => form.set({ email: { ...email, ...change } });
  const [testing, setTesting] = useState(false);

  async function test() {
    setTesting(true);
    try {
      await instanceApi.testInstanceEmailSetting({ email });
      showToast({ text: t("mail.sent") });
    } catch (error) {
      showError(describeError(error));
    } finally {
      setTesting(false);
    }
  }

  return (
    <Section title={t("settings.notification")} text={t("mail.text")}>
      <SettingForm dirty={form.dirty} onSave={async () => form.saved(await save(form.value))} onReset={form.reset}>
        <Switch label={t("mail.enabled")} checked={email.enabled} onChange={(enabled) => set({ enabled })} />
        <div className="grid gap-4 sm:grid-cols-[1fr_8rem]">
          <TextField label={t("mail.host")} value={email.smtpHost} onChange={(event) => set({ smtpHost: event.target.value })} />
          <TextField label={t("mail.port")} type="number" min={1} max={65535} value={email.smtpPort || ""} onChange={(event) => set({ smtpPort: Number(event.target.value) })} />
        </div>
        <TextField label={t("mail.user")} value={email.smtpUsername} onChange={(event) => set({ smtpUsername: event.target.value })} autoComplete="off" />
        <PasswordField label={t("mail.password")} hint={t("field.secretKept")} value={email.smtpPassword} onChange={(event) => set({ smtpPassword: event.target.value })} autoComplete="off" />
        <TextField label={t("mail.from")} type="email" value={email.fromEmail} onChange={(event) => set({ fromEmail: event.target.value })} />
        <TextField label={t("mail.fromName")} value={email.fromName} onChange={(event) => set({ fromName: event.target.value })} />
        <TextField label={t("mail.replyTo")} type="email" value={email.replyTo} onChange={(event) => set({ replyTo: event.target.value })} />
        <Switch label={t("mail.startTls")} hint={t("mail.startTlsHint")} checked={email.useTls} onChange={(useTls) => set({ useTls })} />
        <Switch label={t("mail.tls")} hint={t("mail.tlsHint")} checked={email.useSsl} onChange={(useSsl) => set({ useSsl })} />
        <Button className="self-start" busy={testing} disabled={!email.smtpHost} onClick={() => void test()}>
          {t("mail.test")}
        </Button>
      </SettingForm>
    </Section>
  );
}
