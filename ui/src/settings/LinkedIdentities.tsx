import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import type { User } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { beginOAuth, oauthConfig } from "@/pages/auth/oauth";
import { useProviders } from "@/pages/auth/Providers";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { ErrorState } from "@/ui/State";
import { showError } from "@/ui/toast";
import { Section } from "./form";

/** One provider, or an account of one that is gone. */
interface Row {
  idpName: string;
  title: string;
  link?: () => void;
  /** Resource name and what the provider calls the account. */
  identity?: { name: string; externUid: string };
}

function useRows(me: User) {
  const providers = useProviders().data ?? [];
  const query = useQuery({ queryKey: ["linked", me.name], queryFn: async () => (await userApi.listLinkedIdentities({ parent: me.name })).linkedIdentities });
  const linked = query.data ?? [];
  const rows: Row[] = providers.flatMap((provider) => {
    const identity = linked.find((one) => one.idpName === provider.name);
    const title = provider.title || provider.name.split("/").at(-1)!;
    if (identity) return { idpName: provider.name, title, identity };
    return oauthConfig(provider) ? { idpName: provider.name, title, link: () => void beginOAuth(provider, { linkTo: me.name }) } : [];
  });
  for (const identity of linked) if (!rows.some((row) => row.idpName === identity.idpName)) rows.push({ idpName: identity.idpName, title: identity.idpName.split("/").at(-1)!, identity });
  return { rows, query };
}

/** Accounts elsewhere that open this one. Without providers there is nothing to show. */
export function LinkedIdentities({ me }: { me: User }) {
  const client = useQueryClient();
  const { rows, query } = useRows(me);
  const [doomed, setDoomed] = useState<Row>();
  if (!rows.length) return null;

  async function unlink(row: Row) {
    setDoomed(undefined);
    try {
      await userApi.deleteLinkedIdentity({ name: row.identity!.name });
      await client.invalidateQueries({ queryKey: ["linked", me.name] });
    } catch (error) {
      showError(describeError(error));
    }
  }

  if (!query.data && !query.error) return null;
  return (
    <Section title={t("account.linked")} text={t("account.linkedText")}>
      {query.error && !query.data ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} compact />
      ) : (
        <ul className="divide-y divide-line">
          {rows.map((row) => (
            <li key={row.idpName} className="flex min-h-14 items-center justify-between gap-4 text-sm">
              <span className="min-w-0 break-words">
                {row.title}
                {row.identity && <span className="ms-2 text-muted">{row.identity.externUid}</span>}
              </span>
              {row.identity ? <Button onClick={() => setDoomed(row)}>{t("account.unlink")}</Button> : <Button onClick={row.link}>{t("account.link")}</Button>}
            </li>
          ))}
        </ul>
      )}
      {doomed && <Confirm title={t("account.unlinkTitle", { name: doomed.title })} text={t("account.unlinkText")} action={t("account.unlink")} danger onConfirm={() => void unlink(doomed)} onClose={() => setDoomed(undefined)} />}
    </Section>
  );
}
