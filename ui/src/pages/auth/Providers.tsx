import { createClient } from "@connectrpc/connect";
import { useQuery } from "@tanstack/react-query";
import { transport } from "@/api/client";
import { type IdentityProvider, IdentityProviderService } from "@/gen/memos/api/v1/idp_service_pb";
import { t } from "@/i18n";
import { Button } from "@/ui/Button";
import { beginOAuth, oauthConfig } from "./oauth";

const idpApi = createClient(IdentityProviderService, transport);

export function useProviders() {
  return useQuery({ queryKey: ["providers"], queryFn: async () => (await idpApi.listIdentityProviders({})).identityProviders, staleTime: 60_000, retry: false });
}

interface Props {
  redirect: string | null;
  /** A form for passwords follows. */
  orPassword: boolean;
}

/** Ways in by another service. None configured, or none known yet: nothing is shown. */
export function Providers({ redirect, orPassword }: Props) {
  const providers = useProviders().data?.filter(oauthConfig);
  if (!providers?.length) return null;
  return (
    <div className="mb-6 flex flex-col gap-2.5">
      {providers.map((provider: IdentityProvider) => (
        <Button key={provider.name} className="min-h-12" onClick={() => void beginOAuth(provider, { redirect })}>
          {t("auth.with", { name: provider.title || provider.name.split("/").at(-1)! })}
        </Button>
      ))}
      {orPassword && <p className="mt-2 flex items-center gap-3 text-sm text-muted before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line">{t("auth.or")}</p>}
    </div>
  );
}
