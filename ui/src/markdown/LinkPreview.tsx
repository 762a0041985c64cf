import { type ReactNode, useEffect, useRef, useState } from "react";
import { memoApi } from "@/api/client";
import { useStore } from "@/lib/store";
import { view } from "@/memo/view";
import { Picture } from "./Picture";
import { hostOf } from "./url";

interface Preview {
  title: string;
  description: string;
  image: string;
}

const atOnce = 3;
const known = new Map<string, Promise<Preview | undefined>>();
const waiting: (() => void)[] = [];
let asking = 0;

async function ask(url: string): Promise<Preview | undefined> {
  if (asking >= atOnce) await new Promise<void>((go) => waiting.push(go));
  asking += 1;
  try {
    const { title, description, image } = await memoApi.getLinkMetadata({ url });
    return title || description ? { title: title || hostOf(url), description, image: pictureAddress(image, url) } : undefined;
  } catch {
    return undefined;
  } finally {
    asking -= 1;
    waiting.shift()?.();
  }
}

/** Each address is asked about once while the page is open, also where that failed. */
function previewOf(url: string): Promise<Preview | undefined> {
  let preview = known.get(url);
  if (!preview) known.set(url, (preview = ask(url)));
  return preview;
}

/** Pages may name their picture relative to themselves. Nothing but the web will do. */
function pictureAddress(image: string, page: string): string {
  try {
    const { href, protocol } = new URL(image, page);
    return image && /^https?:$/.test(protocol) ? href : "";
  } catch {
    return "";
  }
}

/** A link that stands alone, with what its page says about itself once it comes near the screen. The link stays where there is nothing to tell. */
export default function LinkPreview({ url, children }: { url: string; children: ReactNode }): ReactNode {
  const { previews } = useStore(view);
  const place = useRef<HTMLDivElement>(null);
  const [preview, setPreview] = useState<Preview>();

  useEffect(() => {
    if (!previews || !place.current) return;
    let left = false;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        void previewOf(url).then((found) => left || setPreview(found));
      },
      { rootMargin: "400px 0px" },
    );
    observer.observe(place.current);
    return () => {
      left = true;
      observer.disconnect();
    };
  }, [previews, url]);

  if (!previews || !preview) return <div ref={place}>{children}</div>;
  const { title, description, image } = preview;
  return (
    <div ref={place} className="md-preview">
      <a href={url} title={url} target="_blank" rel="noopener noreferrer">
        <small>{hostOf(url)}</small>
        <strong>{title}</strong>
        {description && <span>{description}</span>}
      </a>
      {image && <Picture url={image} alt="" />}
    </div>
  );
}
