import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "@/app/Link";
import { navigate, safeRedirect, usePlace } from "@/app/router";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { signIn } from "@/api/session";
import { fetchProfile, profileKey, useGeneralSetting, useProfile } from "@/data/instance";
import { welcome } from "@/data/users";
import { t } from "@/i18n";
import { Button } from "@/ui/Button";
import { PasswordField, TextField } from "@/ui/Field";
import { AuthFrame } from "./AuthFrame";

const usernameRule = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,34}[a-zA-Z0-9])?$/;

export function usernameFault(username: string): string | undefined {
  if (!username) return t("auth.needUsername");
  return usernameRule.test(username) && /\D/.test(username) ? undefined : t("auth.usernameRule");
}

export default function SignUpPage() {
  const first = useProfile().data?.needsSetup ?? false;
  const general = useGeneralSetting();
  const closed = !first && (general?.disallowUserRegistration || general?.disallowPasswordAuth);
  if (closed) {
    return (
      <AuthFrame title={t("auth.closedTitle")} text={t("auth.closedText")}>
        <BackToSignIn />
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title={t(first ? "auth.setUp" : "auth.create")} text={t(first ? "auth.setUpText" : "auth.createText")}>
      <SignUpForm />
      {!first && <BackToSignIn />}
    </AuthFrame>
  );
}

function BackToSignIn() {
  const { search } = usePlace();
  return (
    <p className="mt-7 text-sm text-muted">
      {t("auth.haveAccount")}{" "}
      <Link to={`/auth${search}`} className="font-medium text-accent underline-offset-4 hover:underline">
        {t("auth.signIn")}
      </Link>
    </p>
  );
}

function SignUpForm() {
  const { search } = usePlace();
  const client = useQueryClient();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [faults, setFaults] = useState<{ username?: string | undefined; password?: string | undefined }>({});
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const found = { username: usernameFault(username.trim()), password: password ? undefined : t("auth.needPassword") };
    setFaults(found);
    if (found.username || found.password) return;
    setBusy(true);
    try {
      await userApi.createUser({ user: { username: username.trim(), password } });
      welcome(await signIn(username.trim(), password));
      await client.fetchQuery({ queryKey: profileKey, queryFn: fetchProfile, staleTime: 0 });
      navigate(safeRedirect(new URLSearchParams(search).get("redirect")), { replace: true });
    } catch (error) {
      const text = describeError(error);
      setFaults(/UNIQUE|duplicate/i.test(text) ? { username: t("auth.taken") } : { password: text });
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-5" noValidate>
      <TextField label={t("auth.username")} value={username} onChange={(event) => setUsername(event.target.value)} error={faults.username} autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus required />
      <PasswordField label={t("auth.password")} value={password} onChange={(event) => setPassword(event.target.value)} error={faults.password} hint={<Strength password={password} />} autoComplete="new-password" required />
      <Button type="submit" look="primary" busy={busy} className="min-h-12 text-base">
        {t("auth.signUp")}
      </Button>
    </form>
  );
}

const words = ["auth.weak", "auth.fair", "auth.good", "auth.strong"] as const;

/** A rough feeling, not a rule: length counts most. */
function Strength({ password }: { password: string }) {
  if (!password) return t("auth.passwordHint");
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  const level = Math.min(3, Math.floor(password.length / 5) + (kinds > 2 ? 1 : 0) - (password.length < 8 ? 1 : 0));
  const shown = Math.max(0, level);
  return (
    <span className="flex items-center gap-2">
      <span aria-hidden className="flex gap-1">
        {words.map((word, index) => (
          <span key={word} className={`h-1 w-7 rounded-full ${index <= shown ? "bg-accent" : "bg-line"}`} />
        ))}
      </span>
      {t(words[shown]!)}
    </span>
  );
}
