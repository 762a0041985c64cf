import { useRef, useState } from "react";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { signOut } from "@/api/session";
import { navigate } from "@/app/router";
import { useGeneralSetting } from "@/data/instance";
import { changeMe, useMe } from "@/data/users";
import type { User } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { usernameFault } from "@/pages/auth/SignUpPage";
import { Avatar } from "@/ui/Avatar";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { PasswordField, TextArea, TextField } from "@/ui/Field";
import { Loading } from "@/ui/State";
import { showError, showToast } from "@/ui/toast";
import { squarePicture } from "./avatar";
import { Section, SettingForm, useForm } from "./form";
import { LinkedIdentities } from "./LinkedIdentities";

export default function MyAccount() {
  const me = useMe();
  if (!me) return <Loading />;
  return (
    <>
      <Profile me={me} />
      <Password me={me} />
      <LinkedIdentities me={me} />
      <Farewell me={me} />
    </>
  );
}

function Profile({ me }: { me: User }) {
  const general = useGeneralSetting();
  const picker = useRef<HTMLInputElement>(null);
  const facts = ({ avatarUrl, username, displayName, email, description }: User) => ({ avatarUrl, username, displayName, email, description });
  const form = useForm(facts(me));
  const { value, set } = form;

  async function save() {
    const fault = usernameFault(value.username);
    if (fault) throw new Error(fault);
    const names = { avatarUrl: "avatar_url", username: "username", displayName: "display_name", email: "email", description: "description" } as const;
    const paths = (Object.keys(names) as (keyof typeof names)[]).filter((key) => value[key] !== form.base[key]).map((key) => names[key]);
    const answer = await userApi.updateUser({ user: { name: me.name, ...value }, updateMask: { paths } });
    // The address of a changed picture stays the same: the copy in the browser must not be shown for it.
    const shown = paths.includes("avatar_url") && answer.avatarUrl ? { ...answer, avatarUrl: `${answer.avatarUrl}?v=${Date.now()}` } : answer;
    changeMe(shown);
    form.saved(facts(shown));
  }

  async function choose(file: File | undefined) {
    if (!file) return;
    try {
      set({ avatarUrl: await squarePicture(file) });
    } catch (error) {
      showError(describeError(error));
    }
  }

  return (
    <Section title={t("settings.account")}>
      <SettingForm dirty={form.dirty} onSave={save} onReset={form.reset}>
        <div className="flex items-center gap-5">
          <Avatar user={{ ...me, ...value }} className="size-20 text-3xl" />
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => picker.current!.click()}>{t("account.choose")}</Button>
            {value.avatarUrl && (
              <Button look="ghost" onClick={() => set({ avatarUrl: "" })}>
                {t("account.removePicture")}
              </Button>
            )}
            <input ref={picker} type="file" accept="image/png,image/jpeg,image/gif,image/webp" aria-label={t("account.picture")} tabIndex={-1} className="sr-only" onChange={(event) => void choose(event.target.files?.[0])} />
          </div>
        </div>
        <TextField label={t("auth.username")} value={value.username} disabled={general?.disallowChangeUsername} hint={t("account.usernameHint")} onChange={(event) => set({ username: event.target.value })} autoComplete="username" />
        <TextField label={t("account.nickname")} value={value.displayName} disabled={general?.disallowChangeNickname} onChange={(event) => set({ displayName: event.target.value })} autoComplete="nickname" />
        <TextField label={t("account.email")} type="email" value={value.email} onChange={(event) => set({ email: event.target.value })} autoComplete="email" />
        <TextArea label={t("account.bio")} value={value.description} onChange={(event) => set({ description: event.target.value })} />
      </SettingForm>
    </Section>
  );
}

function Password({ me }: { me: User }) {
  const form = useForm({ password: "", again: "" });
  const { value, set } = form;

  async function save() {
    if (value.password !== value.again) throw new Error(t("account.notSame"));
    await userApi.updateUser({ user: { name: me.name, password: value.password }, updateMask: { paths: ["password"] } });
    form.saved({ password: "", again: "" });
  }

  return (
    <Section title={t("account.changePassword")}>
      <SettingForm dirty={Boolean(value.password)} onSave={save} onReset={form.reset}>
        <PasswordField label={t("account.newPassword")} value={value.password} onChange={(event) => set({ password: event.target.value })} autoComplete="new-password" />
        <PasswordField label={t("account.repeat")} value={value.again} onChange={(event) => set({ again: event.target.value })} autoComplete="new-password" />
      </SettingForm>
    </Section>
  );
}

function Farewell({ me }: { me: User }) {
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);

  async function remove() {
    if (typed !== me.username) {
      showError(t("account.typeToDelete", { username: me.username }));
      return;
    }
    setBusy(true);
    try {
      await userApi.deleteUser({ name: me.name });
      await signOut().catch(() => undefined);
      showToast({ text: t("account.gone") });
      navigate("/auth");
    } catch (error) {
      showError(describeError(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Section title={t("account.deleteTitle")} text={t("account.deleteText")} action={<Button className="text-danger" onClick={() => setAsking(true)}>{t("account.delete")}</Button>}>
      {asking && (
        <Confirm
          title={t("account.deleteTitle")}
          text={
            <>
              <p className="mb-4">{t("account.deleteText")}</p>
              <TextField label={t("account.typeToDelete", { username: me.username })} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
            </>
          }
          action={t("action.delete")}
          danger
          busy={busy}
          onConfirm={() => void remove()}
          onClose={() => setAsking(false)}
        />
      )}
    </Section>
  );
}
