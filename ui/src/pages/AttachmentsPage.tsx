import "@/i18n/late";
import { useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { attachmentApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { Link } from "@/app/Link";
import { useInstanceTitle } from "@/data/instance";
import { memoUid } from "@/data/memos";
import type { Attachment, ListAttachmentsResponse } from "@/gen/memos/api/v1/attachment_service_pb";
import { t } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { formatBytes, formatDate, formatMonth, toDate } from "@/lib/time";
import { fileUrl, isAudio, isPicture, isVideo, Thumbnail } from "@/memo/Attachments";
import Viewer from "@/memo/Viewer";
import { Button, IconButton } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { FileIcon, TrashIcon } from "@/ui/icons";
import { EmptyState, ErrorState, Loading } from "@/ui/State";
import { Tabs } from "@/ui/Tabs";
import { showError } from "@/ui/toast";

type Kind = "media" | "audio" | "documents" | "unused";

const memoOf = (attachment: Attachment) => attachment.optionalMemo.value;

const isKind: Record<Kind, (attachment: Attachment) => boolean> = {
  media: (one) => isPicture(one) || isVideo(one),
  audio: isAudio,
  documents: (one) => !isPicture(one) && !isVideo(one) && !isAudio(one),
  unused: (one) => !memoOf(one),
};

const pageSize = 50;
const key = ["attachments"];

export default function AttachmentsPage() {
  const client = useQueryClient();
  const [kind, setKind] = useState<Kind>("media");
  const [wanted, setWanted] = useState("");
  const [doomed, setDoomed] = useState<Attachment[]>();
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => attachmentApi.listAttachments({ pageSize, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (page: ListAttachmentsResponse) => (page.attachments.length ? page.nextPageToken || undefined : undefined),
  });
  useDocumentTitle(t("nav.attachments"), useInstanceTitle());
  const all = useMemo(() => list.data?.pages.flatMap((page) => page.attachments) ?? [], [list.data]);
  const word = wanted.trim().toLocaleLowerCase();
  const shown = all.filter((one) => isKind[kind](one) && one.filename.toLocaleLowerCase().includes(word));

  async function remove(attachments: Attachment[]) {
    setDoomed(undefined);
    try {
      for (let at = 0; at < attachments.length; at += 100) {
        const names = attachments.slice(at, at + 100).map((one) => one.name);
        await attachmentApi.batchDeleteAttachments({ names });
        client.setQueryData<InfiniteData<ListAttachmentsResponse>>(key, (data) => data && { ...data, pages: data.pages.map((page) => ({ ...page, attachments: page.attachments.filter((one) => !names.includes(one.name)) })) });
      }
    } catch (error) {
      showError(describeError(error));
    }
  }

  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-4 py-4 md:py-6">
      <h1 className="font-serif text-3xl tracking-tight">{t("nav.attachments")}</h1>
      <Tabs<Kind> label={t("nav.attachments")} value={kind} onChange={setKind} tabs={(["media", "audio", "documents", "unused"] as const).map((one) => ({ value: one, text: t(`library.${one}`), count: all.filter(isKind[one]).length }))} />
      <div className="flex gap-2">
        <input aria-label={t("library.filter")} placeholder={t("library.filter")} value={wanted} onChange={(event) => setWanted(event.target.value)} className="field" />
        {kind === "unused" && shown.length > 0 && (
          <Button icon={TrashIcon} onClick={() => setDoomed(shown)}>
            {t("library.deleteAll")}
          </Button>
        )}
      </div>
      {list.error && !list.data ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Loading />
      ) : shown.length === 0 ? (
        <EmptyState title={t("library.empty")} text={t("library.emptyText")} />
      ) : kind === "media" ? (
        <Media attachments={shown} onDelete={(one) => setDoomed([one])} />
      ) : (
        <ul className="card divide-y divide-line">
          {shown.map((one) => (
            <Row key={one.name} attachment={one} onDelete={() => setDoomed([one])} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button className="self-center" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("library.more")}
        </Button>
      )}
      {doomed && (
        <Confirm
          title={t("library.deleteTitle", { n: doomed.length })}
          text={t(doomed.some(memoOf) ? "library.deleteUsed" : "library.deleteText")}
          action={t("action.delete")}
          danger
          onConfirm={() => void remove(doomed)}
          onClose={() => setDoomed(undefined)}
        />
      )}
    </div>
  );
}

function Media({ attachments, onDelete }: { attachments: Attachment[]; onDelete(attachment: Attachment): void }) {
  const [open, setOpen] = useState<number>();
  const pictures = attachments.filter(isPicture);
  const months = new Map<string, Attachment[]>();
  for (const one of attachments) {
    const month = formatMonth(toDate(one.createTime) ?? new Date());
    months.set(month, [...(months.get(month) ?? []), one]);
  }
  return (
    <>
      {[...months].map(([month, items]) => (
        <section key={month}>
          <h2 className="mb-2 font-serif text-lg text-muted">{month}</h2>
          <ul className="grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-2">
            {items.map((one) => (
              <li key={one.name} className="group relative aspect-square overflow-hidden rounded-2xl bg-sunken">
                {isPicture(one) ? (
                  <button type="button" aria-label={t("file.view", { name: one.filename })} onClick={() => setOpen(pictures.indexOf(one))} className="size-full">
                    <Thumbnail picture={one} src={fileUrl(one, { thumbnail: true })} className="size-full object-cover transition-transform duration-300 group-hover:scale-103" />
                  </button>
                ) : (
                  <video src={fileUrl(one)} controls preload="metadata" aria-label={one.filename} className="size-full bg-black object-contain" />
                )}
                <div className="absolute end-1 top-1 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
                  <IconButton small icon={TrashIcon} label={t("library.delete", { name: one.filename })} className="bg-surface/90" onClick={() => onDelete(one)} />
                </div>
                {!memoOf(one) && <span className="absolute start-1.5 bottom-1.5 rounded-full bg-surface/90 px-2 text-xs">{t("library.notUsed")}</span>}
              </li>
            ))}
          </ul>
        </section>
      ))}
      {open !== undefined && <Viewer pictures={pictures} start={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function Row({ attachment, onDelete }: { attachment: Attachment; onDelete(): void }) {
  const memo = memoOf(attachment);
  const created = toDate(attachment.createTime);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2 ps-5 pe-2 text-sm">
      <FileIcon className="size-5 shrink-0 text-accent" aria-hidden />
      <div className="min-w-40 grow">
        <a href={fileUrl(attachment)} target="_blank" rel="noopener noreferrer" className="block truncate font-medium hover:underline">
          {attachment.filename}
        </a>
        <p className="text-xs text-muted">
          {[attachment.type, formatBytes(Number(attachment.size)), created && formatDate(created)].filter(Boolean).join(" · ")}
        </p>
      </div>
      {isAudio(attachment) && <audio src={fileUrl(attachment)} controls preload="none" aria-label={attachment.filename} className="h-10 max-w-full" />}
      {memo ? (
        <Link to={`/memos/${memoUid(memo)}`} className="text-accent hover:underline">
          {t("library.toMemo")}
        </Link>
      ) : (
        <span className="text-muted">{t("library.notUsed")}</span>
      )}
      <IconButton icon={TrashIcon} label={t("library.delete", { name: attachment.filename })} onClick={onDelete} />
    </li>
  );
}
