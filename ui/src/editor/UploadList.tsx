import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { formatBytes } from "@/lib/time";
import { IconButton, Spinner } from "@/ui/Button";
import { AlertIcon, ChevronLeftIcon, ChevronRightIcon, CloseIcon, FileIcon, RetryIcon } from "@/ui/icons";
import type { Upload } from "./useUploads";

interface Props {
  uploads: Upload[];
  onRemove(upload: Upload): void;
  onMove(id: string, by: number): void;
  onRetry(id: string): void;
}

export function UploadList({ uploads, onRemove, onMove, onRetry }: Props) {
  if (!uploads.length) return null;
  return (
    <ul aria-label={t("editor.files")} className="flex flex-wrap gap-2 px-4 pb-3">
      {uploads.map((upload, index) => (
        <li key={upload.id} className={cx("group/file relative flex h-20 w-full items-center gap-3 overflow-hidden rounded-2xl border bg-bg pe-1 text-sm sm:w-64", upload.state === "failed" ? "border-danger" : "border-line")}>
          <Thumb upload={upload} />
          <div className="min-w-0 grow">
            <p className="truncate" title={upload.filename}>
              {upload.filename}
            </p>
            <p className={cx("truncate text-xs", upload.state === "failed" ? "text-danger" : "text-muted")}>
              <Note upload={upload} />
            </p>
            {uploads.length > 1 && upload.state === "done" && (
              <div className="-ms-2 flex opacity-0 transition-opacity group-focus-within/file:opacity-100 group-hover/file:opacity-100 pointer-coarse:opacity-100">
                {index > 0 && <Mini icon={ChevronLeftIcon} label={t("file.earlier", { name: upload.filename })} onClick={() => onMove(upload.id, -1)} />}
                {index < uploads.length - 1 && <Mini icon={ChevronRightIcon} label={t("file.later", { name: upload.filename })} onClick={() => onMove(upload.id, 1)} />}
              </div>
            )}
          </div>
          <div className="flex flex-col">
            <IconButton small icon={CloseIcon} label={t(upload.state === "sending" ? "file.cancel" : "file.remove", { name: upload.filename })} onClick={() => onRemove(upload)} />
            {upload.state === "failed" && <IconButton small icon={RetryIcon} label={t("action.retry")} onClick={() => onRetry(upload.id)} />}
          </div>
          {(upload.state === "sending" || upload.state === "waiting") && (
            <progress value={upload.part} max={1} aria-label={t("file.progress", { name: upload.filename })} className="absolute inset-x-0 bottom-0 h-1 w-full appearance-none [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent [&::-webkit-progress-value]:transition-[width]" />
          )}
        </li>
      ))}
    </ul>
  );
}

function Mini({ icon: Glyph, label, onClick }: { icon: typeof CloseIcon; label: string; onClick(): void }) {
  return (
    <button type="button" aria-label={label} title={label} onClick={onClick} className="grid h-7 w-8 place-items-center rounded-full text-muted hover:bg-sunken hover:text-ink">
      <Glyph className="size-4" aria-hidden />
    </button>
  );
}

function Thumb({ upload }: { upload: Upload }) {
  const source = upload.preview ?? (upload.name && upload.type.startsWith("image/") ? `/file/${upload.name}/${encodeURIComponent(upload.filename)}?thumbnail=true` : undefined);
  return (
    <div className="relative grid h-full w-20 shrink-0 place-items-center overflow-hidden bg-sunken text-muted">
      {source ? <img src={source} alt="" className="size-full object-cover" /> : <FileIcon className="size-6" aria-hidden />}
      {upload.state === "sending" && (
        <span className="absolute inset-0 grid place-items-center bg-surface/60">
          <Spinner />
        </span>
      )}
      {upload.state === "failed" && (
        <span className="absolute inset-0 grid place-items-center bg-danger-soft/80 text-danger">
          <AlertIcon className="size-6" aria-hidden />
        </span>
      )}
    </div>
  );
}

function Note({ upload }: { upload: Upload }) {
  if (upload.state === "failed") return upload.error ?? t("file.failed");
  if (upload.state === "sending") return `${formatBytes(upload.size)} · ${Math.round(upload.part * 100)} %`;
  return formatBytes(upload.size);
}
