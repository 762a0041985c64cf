import { type FormEvent, useState } from "react";
import { Link } from "@/app/Link";
import { navigate, safeRedirect, usePlace } from "@/app/router";
import { describeError } from "@/api/errors";
import { signIn } from "@/api/session";
import { useGeneralSetting, useProfile } from "@/data/instance";
import { welcome } from "@/data/users";
import { t } from "@/i18n";
import { Button } from "@/ui/Button";
import { PasswordField, TextField } from "@/ui/Field";
import { AuthFrame } from "./AuthFrame";
import { Providers } from "./Providers";

export default function SignInPage() {
  const place = usePlace();
  const general = useGeneralSetting();
  const open = Boolean(useProfile().data?.instanceUrl);
  const redirect = new URLSearchParams(place.search).get("redirect");
  const admin = place.path === "/auth/admin";
  const passwords = admin || !general?.disallowPasswordAuth;
  return (
    <AuthFrame title={t("auth.welcome")} {...(redirect && { text: t("auth.toGoOn") })}>
      {!admin && <Providers redirect={redirect} orPassword={passwords} />}
      {passwords ? (
        <SignInForm onDone={() => navigate(safeRedirect(redirect), { replace: true })} />
      ) : (
        <p className="text-sm text-muted">
          {t("auth.noPasswords")}{" "}
          <Link to="/auth/admin" className="text-accent underline">
            {t("auth.adminDoor")}
          </Link>
        </p>
      )}
      <div className="mt-7 flex flex-col gap-2 text-sm text-muted">
        {general && !general.disallowUserRegistration && !general.disallowPasswordAuth && (
          <p>
            {t("auth.noAccount")}{" "}
            <Link to={`/auth/signup${place.search}`} className="font-medium text-accent underline-offset-4 hover:underline">
              {t("auth.signUp")}
            </Link>
          </p>
        )}
        {open && (
          <p>
            {t("auth.orLook")}{" "}
            <Link to="/explore" className="font-medium text-accent underline-offset-4 hover:underline">
              {t("auth.explore")}
            </Link>
          </p>
        )}
      </div>
    </AuthFrame>
  );
}

interface FormProps {
  username?: string;
  onDone(): void;
}

export function SignInForm({ username: known = "", onDone }: FormProps) {
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!username.trim() || !password) return setError(t("auth.fillBoth"));
    setBusy(true);
    setError(undefined);
    try {
      welcome(await signIn(username.trim(), password));
      onDone();
    } catch (failure) {
      setError(describeError(failure));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-5" noValidate>
      <TextField label={t("auth.username")} value={username} onChange={(event) => setUsername(event.target.value)} autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus={!known} required />
      <PasswordField label={t("auth.password")} value={password} onChange={(event) => setPassword(event.target.value)} autoComplete="current-password" autoFocus={Boolean(known)} error={error} required />
      <Button type="submit" look="primary" busy={busy} className="min-h-12 text-base">
        {t("auth.signIn")}
      </Button>
    </form>
  );
}
