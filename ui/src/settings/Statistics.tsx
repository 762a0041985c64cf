import { useQuery } from "@tanstack/react-query";
import { instanceApi } from "@/api/client";
import { t } from "@/i18n";
import { formatBytes, formatFull, toDate } from "@/lib/time";
import { Button } from "@/ui/Button";
import { RetryIcon } from "@/ui/icons";
import { ErrorState, Loading } from "@/ui/State";
import { Section } from "./form";

export default function Statistics() {
  const { data, error, isPending, isFetching, refetch } = useQuery({ queryKey: ["instance", "stats"], queryFn: () => instanceApi.getInstanceStats({}), staleTime: 0 });
  const made = toDate(data?.generatedTime);
  const rows = data && [
    [t("stats.driver"), data.database?.driver],
    [t("stats.database"), data.database && formatBytes(Number(data.database.sizeBytes))],
    [t("stats.files"), formatBytes(Number(data.localStorageBytes))],
    [t("stats.asOf"), made && formatFull(made)],
  ];
  return (
    <Section
      title={t("settings.stats")}
      action={
        <Button icon={RetryIcon} busy={isFetching} onClick={() => void refetch()}>
          {t("stats.refresh")}
        </Button>
      }
    >
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} compact />
      ) : isPending ? (
        <Loading />
      ) : (
        <dl className="divide-y divide-line text-sm">
          {rows?.map(([name, value]) => (
            <div key={name} className="flex justify-between gap-6 py-3">
              <dt className="text-muted">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  );
}
