import { useQuery } from "@tanstack/react-query";
import { memoApi } from "@/api/client";
import { isMissing } from "@/api/errors";
import { useInstanceTitle } from "@/data/instance";
import { t } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { MemoCard } from "@/memo/MemoCard";
import { ErrorState, Loading } from "@/ui/State";
import { NotFoundPage } from "./ErrorPages";

export default function SharedMemoPage({ token }: Record<string, string>) {
  const { data, error, isPending, refetch } = useQuery({ queryKey: ["shared", token], queryFn: () => memoApi.getSharedMemo({ shareToken: token! }) });
  useDocumentTitle(data?.property?.title || data?.snippet || t("share.page"), useInstanceTitle());
  if (error) return isMissing(error) ? <NotFoundPage /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  if (isPending) return <Loading />;
  return (
    <div className="mx-auto max-w-[42rem] py-6">
      <h1 className="sr-only">{t("share.page")}</h1>
      <MemoCard memo={data} author as="page" shareToken={token!} />
      <p className="mt-4 text-center text-sm text-muted">{t("share.note")}</p>
    </div>
  );
}
