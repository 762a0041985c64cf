import { type ComponentType, lazy, Suspense, useState } from "react";
import type { MarkdownProps } from "./Markdown";

let loaded: ComponentType<MarkdownProps> | undefined;

async function load(): Promise<{ default: ComponentType<MarkdownProps> }> {
  const module = await import("./Markdown");
  return { default: (loaded = module.Markdown) };
}

const Late = lazy(load);

/** Begins to load what draws Markdown, while the memos are still being asked for. */
export const preloadMarkdown = (): Promise<unknown> => load().catch(() => undefined);

/** A memo's text. It stands there as it was written until what draws it is loaded. */
export function Markdown(props: MarkdownProps) {
  // What is lazy shows its fallback once even when it is there, and a change of component would lose what is unfolded.
  const [Drawn] = useState<ComponentType<MarkdownProps>>(() => loaded ?? Late);
  return (
    <Suspense
      fallback={
        <div className="md">
          <p className="whitespace-pre-wrap">{props.content}</p>
        </div>
      }
    >
      <Drawn {...props} />
    </Suspense>
  );
}
