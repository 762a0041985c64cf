import { type PointerEvent, useEffect, useRef, useState } from "react";
import type { Attachment } from "@/gen/memos/api/v1/attachment_service_pb";
import { t } from "@/i18n";
import { IconButton } from "@/ui/Button";
import { ChevronLeftIcon, ChevronRightIcon, CloseIcon, DownloadIcon } from "@/ui/icons";
import { fileUrl } from "./Attachments";

interface Props {
  pictures: Attachment[];
  start: number;
  shareToken?: string;
  onClose(): void;
}

interface Pose {
  scale: number;
  x: number;
  y: number;
}

const rest: Pose = { scale: 1, x: 0, y: 0 };
const maxScale = 6;
const swipePx = 60;

/** Pictures over the whole screen: arrow keys or swipe change, wheel, pinch or double click zoom, dragging moves. */
export default function Viewer({ pictures, start, shareToken, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [index, setIndex] = useState(start);
  const [pose, setPose] = useState(rest);
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const travelled = useRef(0);
  const picture = pictures[index]!;
  const access = shareToken ? { shareToken } : {};

  useEffect(() => {
    const own = dialog.current!;
    const before = document.activeElement as HTMLElement | null;
    own.showModal();
    return () => {
      own.close();
      before?.focus({ preventScroll: true });
    };
  }, []);

  function go(step: number) {
    const next = index + step;
    if (next < 0 || next >= pictures.length) return;
    setIndex(next);
    setPose(rest);
  }

  function zoom(factor: number) {
    setPose((now) => {
      const scale = Math.min(maxScale, Math.max(1, now.scale * factor));
      return scale === 1 ? rest : { ...now, scale };
    });
  }

  function onPointerMove(event: PointerEvent) {
    const known = pointers.current.get(event.pointerId);
    if (!known) return;
    const [dx, dy] = [event.clientX - known.x, event.clientY - known.y];
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const span = (x: number, y: number) => Math.hypot(x - other.x, y - other.y);
      zoom(span(event.clientX, event.clientY) / Math.max(1, span(known.x, known.y)));
    } else if (pose.scale > 1) setPose((now) => ({ ...now, x: now.x + dx, y: now.y + dy }));
    else travelled.current += dx;
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  function onPointerUp(event: PointerEvent) {
    pointers.current.delete(event.pointerId);
    if (Math.abs(travelled.current) > swipePx) go(travelled.current < 0 ? 1 : -1);
    travelled.current = 0;
  }

  const control = "bg-black/40 text-white hover:bg-black/70 hover:text-white";
  return (
    <dialog
      ref={dialog}
      aria-label={t("file.viewer")}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight") go(1);
        if (event.key === "ArrowLeft") go(-1);
        if (event.key === "+" || event.key === "=") zoom(1.4);
        if (event.key === "-") zoom(1 / 1.4);
        if (event.key === "0") setPose(rest);
      }}
      className="m-0 h-dvh max-h-none w-screen max-w-none overflow-hidden bg-black/90 text-white"
    >
      <div
        className="grid size-full touch-none place-items-center"
        onWheel={(event) => zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15)}
        onDoubleClick={() => setPose(pose.scale > 1 ? rest : { scale: 2.5, x: 0, y: 0 })}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
        }}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
      >
        <img
          key={picture.name}
          src={fileUrl(picture, access)}
          alt={picture.filename}
          draggable={false}
          style={{ transform: `translate(${pose.x}px, ${pose.y}px) scale(${pose.scale})` }}
          className="max-h-dvh max-w-full object-contain select-none"
        />
      </div>
      <div className="absolute inset-x-0 top-0 flex items-center gap-2 p-3">
        <p className="me-auto truncate rounded-full bg-black/40 px-3 py-1.5 text-sm" aria-live="polite">
          {picture.filename}
          {pictures.length > 1 && <span className="ms-2 opacity-75">{t("file.position", { n: index + 1, total: pictures.length })}</span>}
        </p>
        <a href={fileUrl(picture, access)} download={picture.filename} aria-label={t("file.download")} title={t("file.download")} className={`grid size-11 place-items-center rounded-full ${control}`}>
          <DownloadIcon className="size-5" aria-hidden />
        </a>
        <IconButton icon={CloseIcon} label={t("action.close")} className={control} onClick={onClose} />
      </div>
      {index > 0 && <IconButton icon={ChevronLeftIcon} label={t("file.previous")} className={`absolute! start-3 top-1/2 -translate-y-1/2 ${control}`} onClick={() => go(-1)} />}
      {index < pictures.length - 1 && <IconButton icon={ChevronRightIcon} label={t("file.next")} className={`absolute! end-3 top-1/2 -translate-y-1/2 ${control}`} onClick={() => go(1)} />}
    </dialog>
  );
}
