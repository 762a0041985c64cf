import { lazy, Suspense, useState } from "react";
import type { Attachment } from "@/gen/memos/api/v1/attachment_service_pb";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { formatBytes } from "@/lib/time";
import { DownloadIcon, FileIcon, ImageIcon } from "@/ui/icons";

const Viewer = lazy(() => import("./Viewer"));

export function fileUrl(attachment: Attachment, options: { thumbnail?: boolean; shareToken?: string } = {}): string {
  const query = new URLSearchParams();
  if (options.thumbnail) query.set("thumbnail", "true");
  if (options.shareToken) query.set("share_token", options.shareToken);
  const search = query.toString();
  return `/file/${attachment.name}/${encodeURIComponent(attachment.filename || "file")}${search ? `?${search}` : ""}`;
}

export const isPicture = (attachment: Attachment) => attachment.type.startsWith("image/");
export const isVideo = (attachment: Attachment) => attachment.type.startsWith("video/");
export const isAudio = (attachment: Attachment) => attachment.type.startsWith("audio/");

const shownPictures = 6;

/** A picture, or its name where it can't be had. */
export function Thumbnail({ picture, src, className }: { picture: Attachment; src: string; className: string }) {
  const [failed, setFailed] = useState(false);
  if (failed) {
    return (
      <span className="flex size-full min-h-24 min-w-24 flex-col items-center justify-center gap-1.5 p-3 text-xs text-muted">
        <ImageIcon className="size-6" aria-hidden />
        <span className="max-w-full truncate">{picture.filename}</span>
      </span>
    );
  }
  return <img src={src} alt={picture.filename} loading="lazy" decoding="async" className={className} onError={() => setFailed(true)} />;
}

/** One large, two side by side, three with the first across, up to six in a grid with the rest counted. */
function gridClass(count: number): string {
  if (count === 1) return "grid-cols-1";
  if (count === 2 || count === 4) return "grid-cols-2";
  return "grid-cols-2 sm:grid-cols-3";
}

export function Attachments({ attachments, shareToken }: { attachments: Attachment[]; shareToken?: string }) {
  const [open, setOpen] = useState<number>();
  if (!attachments.length) return null;
  const access = shareToken ? { shareToken } : {};
  const pictures = attachments.filter(isPicture);
  const media = attachments.filter((one) => isVideo(one) || isAudio(one));
  const files = attachments.filter((one) => !isPicture(one) && !isVideo(one) && !isAudio(one));
  return (
    <div className="mt-3 flex flex-col gap-2.5">
      {pictures.length > 0 && (
        <div className={cx("grid gap-1.5 overflow-hidden rounded-2xl", gridClass(pictures.length))}>
          {pictures.slice(0, shownPictures).map((picture, index) => {
            const more = index === shownPictures - 1 ? pictures.length - shownPictures : 0;
            return (
              <button
                key={picture.name}
                type="button"
                aria-label={t("file.view", { name: picture.filename })}
                onClick={() => setOpen(index)}
                className={cx("relative overflow-hidden bg-sunken", pictures.length === 1 ? "w-fit max-w-full justify-self-start rounded-2xl" : "aspect-square")}
              >
                <Thumbnail
                  picture={picture}
                  src={fileUrl(picture, { thumbnail: pictures.length > 1, ...access })}
                  className={pictures.length === 1 ? "max-h-[26rem] min-h-16 object-contain" : "size-full object-cover transition-transform duration-300 hover:scale-103"}
                />
                {more > 0 && <span className="absolute inset-0 grid place-items-center bg-black/50 text-2xl font-medium text-white">+{more}</span>}
              </button>
            );
          })}
        </div>
      )}
      {media.map((one) =>
        isVideo(one) ? (
          <video key={one.name} src={fileUrl(one, access)} controls preload="metadata" playsInline aria-label={one.filename} className="max-h-[26rem] w-full rounded-2xl bg-black" />
        ) : (
          <figure key={one.name} className="rounded-2xl border border-line p-3">
            <figcaption className="mb-2 truncate text-sm text-muted">{one.filename}</figcaption>
            <audio src={fileUrl(one, access)} controls preload="none" aria-label={one.filename} className="w-full" />
          </figure>
        ),
      )}
      {files.length > 0 && (
        <ul className="flex flex-col gap-1.5">
          {files.map((file) => (
            <li key={file.name}>
              <a href={fileUrl(file, access)} target="_blank" rel="noopener noreferrer" className="group/file flex min-h-12 items-center gap-3 rounded-2xl border border-line px-3.5 py-2 text-sm transition-colors hover:border-line-strong hover:bg-sunken">
                <FileIcon className="size-5 shrink-0 text-accent" aria-hidden />
                <span className="min-w-0 grow truncate">{file.filename}</span>
                <span className="shrink-0 text-xs text-muted">{formatBytes(Number(file.size))}</span>
                <DownloadIcon className="size-4 shrink-0 text-muted" aria-hidden />
              </a>
            </li>
          ))}
        </ul>
      )}
      {open !== undefined && (
        <Suspense>
          <Viewer pictures={pictures} start={open} {...access} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
    </div>
  );
}
