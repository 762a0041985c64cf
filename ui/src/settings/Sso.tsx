import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { useQueryClient } from "@tanstack/react-query";
import { transport } from "@/api/client";
import {
  FieldMappingSchema,
  type IdentityProvider,
  IdentityProvider_Type,
  IdentityProviderService,
  OAuth2ConfigSchema,
} from "@/gen/memos/api/v1/idp_service_pb";
import { t } from "@/i18n";
import { callbackUrl } from "@/pages/auth/oauth";
import { useProviders } from "@/pages/auth/Providers";
import { IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { PasswordField, SelectField, TextField } from "@/ui/Field";
import { PencilIcon, TrashIcon } from "@/ui/icons";
import { SettingForm, useForm } from "./form";
import { ListSection } from "./ListSection";
import { templates } from "./ssoTemplates";

const api = createClient(IdentityProviderService, transport);

export default function Sso() {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["providers"] });

  return (
    <ListSection
      title={t("settings.sso")}
      text={t("sso.text", { url: callbackUrl() })}
      none={t("sso.none")}
      query={useProviders()}
      row={(provider, onEdit, onDelete) => (
        <li key={provider.name} className="flex min-h-14 items-center gap-2 text-sm">
          <span className="grow">
            {provider.title} <span className="text-muted">{provider.name.split("/").at(-1)}</span>
          </span>
          <IconButton icon={PencilIcon} label={t("action.edit")} onClick={onEdit} />
          <IconButton icon={TrashIcon} label={t("action.delete")} onClick={onDelete} />
        </li>
      )}
      form={(provider, onClose) => (
        <ProviderForm
          provider={provider}
          onClose={onClose}
          onSaved={() => {
            onClose();
            void refresh();
          }}
        />
      )}
      question={(provider) => ({ title: t("sso.deleteTitle", { name: provider.title }), text: t("sso.deleteText") })}
      onDelete={async (provider) => {
        await api.deleteIdentityProvider({ name: provider.name });
        await refresh();
      }}
    />
  );
}

function factsOf(provider: IdentityProvider | undefined) {
  const config = provider?.config?.config.case === "oauth2Config" ? provider.config.config.value : create(OAuth2ConfigSchema);
  const mapping = config.fieldMapping ?? create(FieldMappingSchema);
  return {
    id: provider?.name.split("/").at(-1) ?? "",
    title: provider?.title ?? "",
    identifierFilter: provider?.identifierFilter ?? "",
    clientId: config.clientId,
    clientSecret: config.clientSecret,
    authUrl: config.authUrl,
    tokenUrl: config.tokenUrl,
    userInfoUrl: config.userInfoUrl,
    scopes: config.scopes.join(" "),
    identifier: mapping.identifier,
    displayName: mapping.displayName,
    email: mapping.email,
    avatarUrl: mapping.avatarUrl,
  };
}

const fields = [
  ["title", "sso.name"],
  ["identifierFilter", "sso.filter"],
  ["clientId", "sso.clientId"],
  ["authUrl", "sso.authUrl"],
  ["tokenUrl", "sso.tokenUrl"],
  ["userInfoUrl", "sso.userInfoUrl"],
  ["scopes", "sso.scopes"],
  ["identifier", "sso.mapIdentifier"],
  ["displayName", "sso.mapName"],
  ["email", "sso.mapEmail"],
  ["avatarUrl", "sso.mapAvatar"],
] as const;

interface FormProps {
  provider: IdentityProvider | undefined;
  onClose(): void;
  onSaved(): void;
}

function ProviderForm({ provider, onClose, onSaved }: FormProps) {
  const form = useForm(factsOf(provider));
  const { value, set } = form;

  async function save() {
    const { id, title, identifierFilter, clientId, clientSecret, authUrl, tokenUrl, userInfoUrl, scopes, ...fieldMapping } = value;
    const oauth2Config = { clientId, clientSecret, authUrl, tokenUrl, userInfoUrl, scopes: scopes.split(/[\s,]+/).filter(Boolean), fieldMapping };
    const identityProvider = { title, identifierFilter, type: IdentityProvider_Type.OAUTH2, config: { config: { case: "oauth2Config" as const, value: oauth2Config } } };
    if (provider) await api.updateIdentityProvider({ identityProvider: { ...identityProvider, name: provider.name }, updateMask: { paths: ["title", "identifier_filter", "config"] } });
    else await api.createIdentityProvider({ identityProvider, identityProviderId: id });
    onSaved();
  }

  return (
    <Dialog title={provider ? provider.title : t("sso.new")} shape="full" onClose={onClose}>
      <SettingForm dirty={form.dirty} onSave={save} onReset={form.reset}>
        {!provider && (
          <>
            <SelectField label={t("sso.template")} defaultValue="" onChange={(event) => set(templates[event.target.value] ?? {})}>
              <option value="">{t("sso.custom")}</option>
              {Object.keys(templates).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </SelectField>
            <TextField label={t("sso.id")} hint={t("sso.idHint")} value={value.id} onChange={(event) => set({ id: event.target.value })} />
          </>
        )}
        {fields.map(([name, text]) => (
          <TextField key={name} label={t(text)} value={value[name]} onChange={(event) => set({ [name]: event.target.value })} autoComplete="off" spellCheck={false} />
        ))}
        <PasswordField label={t("sso.clientSecret")} hint={provider ? t("field.secretKept") : undefined} value={value.clientSecret} onChange={(event) => set({ clientSecret: event.target.value })} autoComplete="off" />
      </SettingForm>
    </Dialog>
  );
}
