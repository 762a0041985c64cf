import { useQuery, useQueryClient } from "@tanstack/react-query";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import type { LinkedIdentity, User } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { beginOAuth } from "@/pages/auth/oauth";
import { useProviders } from "@/pages/auth/Providers";
import { Button } from "@/ui/Button";
import { showError } from "@/ui/toast";
import { Section } from "./form";

/** Accounts elsewhere that open this one. Without providers there is nothing to show. */
export function LinkedIdentities({ me }: { me: User }) {
  const client = useQueryClient();
  const key = ["linked", me.name];
  const providers = useProviders().data;
  const { data: linked } = useQuery({ queryKey: key, queryFn: async () => (await userApi.listLinkedIdentities({ parent: me.name })).linkedIdentities, enabled: Boolean(providers?.length) });
  if (!providers?.length || !linked) return null;

  async function unlink(identity: LinkedIdentity) {
    try {
      await userApi.deleteLinkedIdentity({ name: identity.name });
      await client.invalidateQueries({ queryKey: key });
    } catch (error) {
      showError(describeError(error));
    }
  }

  return (
    <Section title={t("account.linked")} text={t("account.linkedText")}>
      <ul className="divide-y divide-line">
        {providers.map((provider) => {
          const identity = linked.find((one) => one.idpName === provider.name);
          return (
            <li key={provider.name} className="flex min-h-14 items-center justify-between gap-4 text-sm">
              <span>
                {provider.title}
                {identity && <span className="ms-2 text-muted">{identity.externUid}</span>}
              </span>
              {identity ? (
                <Button onClick={() => void unlink(identity)}>{t("account.unlink")}</Button>
              ) : (
                <Button onClick={() => void beginOAuth(provider, { linkTo: me.name })}>{t("account.link")}</Button>
              )}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
