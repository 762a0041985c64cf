import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { useMe } from "@/data/users";
import type { PersonalAccessToken, User } from "@/gen/memos/api/v1/user_service_pb";
import { t, type TextKey } from "@/i18n";
import { copyText } from "@/lib/copy";
import { formatDate, formatRelative, toDate } from "@/lib/time";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { SelectField, TextField } from "@/ui/Field";
import { CopyIcon, TrashIcon } from "@/ui/icons";
import { Loading } from "@/ui/State";
import { showError } from "@/ui/toast";
import { ListSection } from "./ListSection";

const expiries: [string, TextKey][] = [["30", "tokens.month"], ["90", "tokens.quarter"], ["0", "share.never"]];

export default function AccessTokens() {
  const me = useMe();
  return me ? <Tokens me={me} /> : <Loading />;
}

function Tokens({ me }: { me: User }) {
  const client = useQueryClient();
  const key = ["tokens", me.name];
  const query = useQuery({ queryKey: key, queryFn: async () => (await userApi.listPersonalAccessTokens({ parent: me.name })).personalAccessTokens });
  const patch = (change: (all: PersonalAccessToken[]) => PersonalAccessToken[]) => client.setQueryData<PersonalAccessToken[]>(key, (all) => change(all ?? []));

  return (
    <ListSection
      title={t("settings.tokens")}
      text={t("tokens.text")}
      none={t("tokens.none")}
      query={query}
      row={(token, _, onDelete) => <Row key={token.name} token={token} onDelete={onDelete} />}
      form={(_, onClose) => <Create me={me} onClose={onClose} onMade={(token) => patch((all) => [...all, token])} />}
      question={(token) => ({ title: t("tokens.deleteTitle"), text: t("tokens.deleteText", { name: token.description || t("tokens.unnamed") }) })}
      onDelete={async (token) => {
        await userApi.deletePersonalAccessToken({ name: token.name });
        patch((all) => all.filter((one) => one.name !== token.name));
      }}
    >
      <div className="mt-6 text-sm">
        <p className="mb-1.5 text-muted">{t("tokens.howTo")}</p>
        <pre tabIndex={0} className="overflow-x-auto rounded-xl bg-sunken p-3.5 font-mono text-xs">{`curl -H "Authorization: Bearer $TOKEN" ${location.origin}/api/v1/memos`}</pre>
      </div>
    </ListSection>
  );
}

function Row({ token, onDelete }: { token: PersonalAccessToken; onDelete(): void }) {
  const [used, until] = [toDate(token.lastUsedAt), toDate(token.expiresAt)];
  const notes = [used ? t("tokens.used", { when: formatRelative(used) }) : t("tokens.unused"), until ? t(until < new Date() ? "share.expired" : "share.until", { date: formatDate(until) }) : t("tokens.forever")];
  return (
    <li className="flex min-h-16 items-center justify-between gap-4 py-2">
      <div className="min-w-0 text-sm">
        <p className="truncate font-medium">{token.description || t("tokens.unnamed")}</p>
        <p className="text-muted">{notes.join(" · ")}</p>
      </div>
      <IconButton icon={TrashIcon} label={t("action.delete")} onClick={onDelete} />
    </li>
  );
}

function Create({ me, onClose, onMade }: { me: User; onClose(): void; onMade(token: PersonalAccessToken): void }) {
  const [description, setDescription] = useState("");
  const [days, setDays] = useState("90");
  const [secret, setSecret] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      const { personalAccessToken, token } = await userApi.createPersonalAccessToken({ parent: me.name, description, expiresInDays: Number(days) });
      if (personalAccessToken) onMade(personalAccessToken);
      setSecret(token);
    } catch (error) {
      showError(describeError(error));
    } finally {
      setBusy(false);
    }
  }

  if (secret) {
    return (
      <Dialog title={t("tokens.made")} onClose={onClose}>
        <p className="mb-3 text-sm text-muted">{t("tokens.once")}</p>
        <div className="flex items-center gap-2">
          <input readOnly aria-label={t("tokens.token")} value={secret} onFocus={(event) => event.target.select()} className="field font-mono text-sm" />
          <IconButton icon={CopyIcon} label={t("action.copy")} onClick={() => void copyText(secret, t("action.copied"))} />
        </div>
        <div className="mt-6 flex justify-end">
          <Button look="primary" onClick={onClose}>
            {t("action.close")}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("tokens.new")} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <TextField label={t("field.description")} value={description} onChange={(event) => setDescription(event.target.value)} hint={t("tokens.descriptionHint")} required autoFocus />
        <SelectField label={t("share.expiry")} value={days} onChange={(event) => setDays(event.target.value)}>
          {expiries.map(([value, text]) => (
            <option key={value} value={value}>
              {t(text)}
            </option>
          ))}
        </SelectField>
        <div className="mt-2 flex justify-end gap-2">
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {t("action.create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
