import { session } from "@/api/session";
import { Link } from "@/app/Link";
import { usePlace } from "@/app/router";
import { useInstanceTitle } from "@/data/instance";
import { t } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { useStore } from "@/lib/store";
import { openBrowse } from "@/side/browse";
import { Button } from "@/ui/Button";

function ErrorPage({ code, title, text }: { code: string; title: string; text: string }) {
  const place = usePlace();
  const guest = useStore(session) === "guest";
  useDocumentTitle(title, useInstanceTitle());
  const way = "inline-flex min-h-11 items-center rounded-full px-4 text-sm";
  return (
    <div className="mx-auto flex max-w-md flex-col items-center py-24 text-center">
      <p aria-hidden className="font-serif text-7xl text-accent">
        {code}
      </p>
      <h1 className="mt-4 font-serif text-3xl">{title}</h1>
      <p className="mt-2 leading-relaxed text-muted">{text}</p>
      <div className="mt-7 flex flex-wrap justify-center gap-2">
        {guest && (
          <Link to={`/auth?redirect=${encodeURIComponent(place.path)}`} className={`${way} bg-accent font-medium text-on-accent`}>
            {t("auth.signIn")}
          </Link>
        )}
        <Link to="/" className={`${way} border border-line-strong bg-surface hover:bg-sunken`}>
          {t("nav.home")}
        </Link>
        <Button onClick={openBrowse}>{t("nav.search")}</Button>
      </div>
    </div>
  );
}

export const NotFoundPage = () => <ErrorPage code="404" title={t("missing.title")} text={t("missing.text")} />;
export const ForbiddenPage = () => <ErrorPage code="403" title={t("forbidden.title")} text={t("forbidden.text")} />;
