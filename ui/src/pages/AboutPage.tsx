import { useGeneralSetting, useInstanceTitle, useProfile } from "@/data/instance";
import { t } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { InstanceLogo } from "@/ui/InstanceLogo";

export default function AboutPage() {
  const profile = useProfile().data;
  const title = useInstanceTitle();
  const description = useGeneralSetting()?.customProfile?.description;
  useDocumentTitle(t("nav.about"), title);
  const rows = [
    [t("about.version"), profile?.version],
    [t("about.commit"), profile?.commit && profile.commit !== "unknown" ? profile.commit.slice(0, 12) : undefined],
    [t("about.address"), profile?.instanceUrl],
    [t("about.admin"), profile?.admin ? profile.admin.displayName || profile.admin.username : undefined],
  ].filter(([, value]) => value);
  return (
    <div className="mx-auto max-w-xl py-10">
      <InstanceLogo className="size-16" />
      <h1 className="mt-5 font-serif text-4xl tracking-tight">{title}</h1>
      <p className="mt-2 leading-relaxed text-muted">{description || t("about.text")}</p>
      <dl className="card mt-8 px-5">
        {rows.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-6 border-b border-line py-3 text-sm last:border-0">
            <dt className="text-muted">{name}</dt>
            <dd className="truncate">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-5 text-sm text-muted">{t("about.free")}</p>
    </div>
  );
}
