import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { useMe } from "@/data/users";
import type { User, UserWebhook } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { copyText } from "@/lib/copy";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { PasswordField, TextField } from "@/ui/Field";
import { CopyIcon, PencilIcon, TrashIcon } from "@/ui/icons";
import { Loading } from "@/ui/State";
import { showError } from "@/ui/toast";
import { ListSection } from "./ListSection";

export default function Webhooks() {
  const me = useMe();
  return me ? <List me={me} /> : <Loading />;
}

function List({ me }: { me: User }) {
  const client = useQueryClient();
  const key = ["webhooks", me.name];
  const query = useQuery({ queryKey: key, queryFn: async () => (await userApi.listUserWebhooks({ parent: me.name })).webhooks });
  const patch = (change: (all: UserWebhook[]) => UserWebhook[]) => client.setQueryData<UserWebhook[]>(key, (all) => change(all ?? []));

  return (
    <ListSection
      title={t("settings.webhooks")}
      text={t("webhooks.text")}
      none={t("webhooks.none")}
      query={query}
      row={(webhook, onEdit, onDelete) => (
        <li key={webhook.name} className="flex min-h-16 items-center gap-2 py-2">
          <div className="min-w-0 grow text-sm">
            <p className="truncate font-medium">{webhook.displayName || webhook.url}</p>
            <p className="truncate text-muted">
              {webhook.url}
              {webhook.signingSecretSet && ` · ${t("webhooks.signed")}`}
            </p>
          </div>
          <IconButton icon={PencilIcon} label={t("action.edit")} onClick={onEdit} />
          <IconButton icon={TrashIcon} label={t("action.delete")} onClick={onDelete} />
        </li>
      )}
      form={(webhook, onClose) => (
        <Form
          me={me}
          webhook={webhook}
          onClose={onClose}
          onSaved={(saved) => {
            patch((all) => (all.some((one) => one.name === saved.name) ? all.map((one) => (one.name === saved.name ? saved : one)) : [...all, saved]));
            onClose();
          }}
        />
      )}
      question={(webhook) => ({ title: t("webhooks.deleteTitle"), text: webhook.displayName || webhook.url })}
      onDelete={async (webhook) => {
        await userApi.deleteUserWebhook({ name: webhook.name });
        patch((all) => all.filter((one) => one.name !== webhook.name));
      }}
    />
  );
}

function newSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
}

interface FormProps {
  me: User;
  webhook: UserWebhook | undefined;
  onClose(): void;
  onSaved(webhook: UserWebhook): void;
}

function Form({ me, webhook, onClose, onSaved }: FormProps) {
  const [displayName, setDisplayName] = useState(webhook?.displayName ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [signingSecret, setSecret] = useState("");
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      if (webhook) {
        const paths = ["url", "display_name", ...(signingSecret ? ["signing_secret"] : [])];
        onSaved(await userApi.updateUserWebhook({ webhook: { name: webhook.name, url, displayName, signingSecret }, updateMask: { paths } }));
      } else onSaved(await userApi.createUserWebhook({ parent: me.name, webhook: { url, displayName, signingSecret } }));
    } catch (error) {
      setFault(describeError(error));
    } finally {
      setBusy(false);
    }
  }

  async function copySecret() {
    try {
      const answer = await userApi.getUserWebhookSigningSecret({ name: webhook!.name });
      await copyText(answer.signingSecret, t("action.copied"));
    } catch (error) {
      showError(describeError(error));
    }
  }

  return (
    <Dialog title={t(webhook ? "webhooks.edit" : "webhooks.new")} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <TextField label={t("field.title")} value={displayName} onChange={(event) => setDisplayName(event.target.value)} autoFocus />
        <TextField label={t("webhooks.url")} type="url" value={url} onChange={(event) => setUrl(event.target.value)} error={fault} placeholder="https://" required />
        <PasswordField label={t("webhooks.secret")} value={signingSecret} onChange={(event) => setSecret(event.target.value)} hint={t(webhook?.signingSecretSet ? "webhooks.secretKept" : "webhooks.secretHint")} autoComplete="off" />
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => setSecret(newSecret())}>{t("webhooks.generate")}</Button>
          {webhook?.signingSecretSet && (
            <Button icon={CopyIcon} onClick={() => void copySecret()}>
              {t("webhooks.copySecret")}
            </Button>
          )}
        </div>
        <div className="mt-2 flex justify-end gap-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {t(webhook ? "action.save" : "action.create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
