import { useState } from "react";
import { t } from "@/i18n";
import { readLocalJson, writeLocalJson } from "@/lib/local";
import { createStore, useStore } from "@/lib/store";
import { ImageIcon } from "@/ui/icons";
import { hostOf, isOwn, safeUrl } from "./url";

const consentKey = "picture-hosts";
const agreed = createStore<string[]>(readLocalJson<string[]>(consentKey, []));

function agree(host: string): void {
  agreed.set((hosts) => [...hosts, host]);
  writeLocalJson(consentKey, agreed.get());
}

interface Props {
  url: string;
  alt: string;
  title?: string | null | undefined;
  width?: string | undefined;
  height?: string | undefined;
}

/** A picture in a text. One from elsewhere would tell its host who reads what, so it loads only once the reader has agreed to that host. */
export function Picture({ url, alt, title, width, height }: Props) {
  const hosts = useStore(agreed);
  const [failed, setFailed] = useState(false);
  const href = safeUrl(url);
  if (!href || failed) return <span className="md-missing">{alt || t("memo.pictureMissing")}</span>;
  const host = hostOf(href);
  if (!isOwn(href) && !hosts.includes(host)) {
    return (
      <button type="button" className="md-remote" onClick={() => agree(host)}>
        <ImageIcon className="size-5" aria-hidden />
        <span>
          {alt && <strong>{alt}</strong>}
          <span>{t("memo.showPicture", { host })}</span>
        </span>
      </button>
    );
  }
  const size = (value: string | undefined) => (value && /^\d{1,4}$/.test(value) ? Number(value) : undefined);
  return <img src={href} alt={alt} title={title ?? undefined} width={size(width)} height={size(height)} loading="lazy" decoding="async" referrerPolicy="no-referrer" onError={() => setFailed(true)} />;
}
