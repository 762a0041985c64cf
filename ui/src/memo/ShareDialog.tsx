import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { memoApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { useProfile } from "@/data/instance";
import type { Memo, MemoShare } from "@/gen/memos/api/v1/memo_service_pb";
import { t, type TextKey } from "@/i18n";
import { copyText } from "@/lib/copy";
import { addDays, formatDate, toDate, toTimestamp } from "@/lib/time";
import { Button, IconButton } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { SelectField } from "@/ui/Field";
import { CopyIcon, TrashIcon } from "@/ui/icons";
import { ErrorState, Loading } from "@/ui/State";
import { showError } from "@/ui/toast";

const expiries: [string, TextKey][] = [["0", "share.never"], ["1", "share.day"], ["7", "share.week"], ["30", "share.month"]];

export function ShareDialog({ memo, onClose }: { memo: Memo; onClose(): void }) {
  const client = useQueryClient();
  const key = ["shares", memo.name];
  const instanceUrl = useProfile().data?.instanceUrl;
  const [days, setDays] = useState("0");
  const [busy, setBusy] = useState(false);
  const { data, error, isPending, refetch } = useQuery({ queryKey: key, queryFn: async () => (await memoApi.listMemoShares({ parent: memo.name })).memoShares });
  const addressOf = (share: MemoShare) => `${(instanceUrl || location.origin).replace(/\/+$/, "")}/memos/shares/${share.name.split("/").at(-1)}`;
  const put = (change: (shares: MemoShare[]) => MemoShare[]) => client.setQueryData<MemoShare[]>(key, (shares) => change(shares ?? []));

  async function make() {
    setBusy(true);
    try {
      const until = Number(days) ? toTimestamp(addDays(new Date(), Number(days))) : undefined;
      const share = await memoApi.createMemoShare({ parent: memo.name, memoShare: until ? { optionalExpireTime: { case: "expireTime", value: until } } : {} });
      put((shares) => [...shares, share]);
      void copyText(addressOf(share), t("share.copied"));
    } catch (failure) {
      showError(describeError(failure));
    } finally {
      setBusy(false);
    }
  }

  async function revoke(share: MemoShare) {
    put((shares) => shares.filter((one) => one.name !== share.name));
    try {
      await memoApi.deleteMemoShare({ name: share.name });
    } catch (failure) {
      put((shares) => [...shares, share]);
      showError(describeError(failure));
    }
  }

  return (
    <Dialog title={t("share.title")} shape="sheet" onClose={onClose}>
      <p className="mb-5 text-sm leading-relaxed text-muted">{t("share.text")}</p>
      <div className="flex items-end gap-3">
        <div className="grow">
          <SelectField label={t("share.expiry")} value={days} onChange={(event) => setDays(event.target.value)}>
            {expiries.map(([value, text]) => (
              <option key={value} value={value}>
                {t(text)}
              </option>
            ))}
          </SelectField>
        </div>
        <Button look="primary" busy={busy} className="md:min-h-11" onClick={() => void make()}>
          {t("share.create")}
        </Button>
      </div>
      <div className="mt-5">
        {error ? (
          <ErrorState error={error} onRetry={() => void refetch()} compact />
        ) : isPending ? (
          <Loading />
        ) : (
          <ul className="flex flex-col gap-2">
            {data.map((share) => {
              const until = toDate(share.optionalExpireTime.value);
              return (
                <li key={share.name} className="flex items-center gap-1 rounded-2xl border border-line py-1 ps-4 pe-1">
                  <div className="min-w-0 grow text-sm">
                    <p className="truncate">{addressOf(share)}</p>
                    <p className="text-xs text-muted">{until ? t(until < new Date() ? "share.expired" : "share.until", { date: formatDate(until) }) : t("share.never")}</p>
                  </div>
                  <IconButton icon={CopyIcon} label={t("action.copy")} onClick={() => void copyText(addressOf(share), t("share.copied"))} />
                  <IconButton icon={TrashIcon} label={t("share.revoke")} onClick={() => void revoke(share)} />
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
