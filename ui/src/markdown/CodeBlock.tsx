import { type ReactNode, useEffect, useState } from "react";
import { t } from "@/i18n";
import { copy } from "@/lib/copy";
import { CheckIcon, CopyIcon } from "@/ui/icons";

const copiedMs = 1500;

/** A block of code with its language and a copy button. Colours come from a part of the page loaded when first needed. */
export function CodeBlock({ language, code }: { language: string; code: string }) {
  const [copied, setCopied] = useState(false);
  const coloured = useColours(language, code);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), copiedMs);
    return () => clearTimeout(timer);
  }, [copied]);

  return (
    <figure className="md-code">
      <figcaption>
        <span>{language || t("memo.code")}</span>
        <button type="button" aria-label={t("memo.copyCode")} onClick={() => void copy(code).then(setCopied)}>
          {copied ? <CheckIcon className="size-4" aria-hidden /> : <CopyIcon className="size-4" aria-hidden />}
          <span aria-live="polite">{copied ? t("action.copied") : ""}</span>
        </button>
      </figcaption>
      <pre tabIndex={0}>
        <code>{coloured ?? code}</code>
      </pre>
    </figure>
  );
}

const longest = 50_000;

function useColours(language: string, code: string): ReactNode {
  const [result, setResult] = useState<{ code: string; nodes: ReactNode }>();
  useEffect(() => {
    if (!language || code.length > longest) return;
    let current = true;
    import("./highlight").then(
      ({ highlight }) => current && setResult({ code, nodes: highlight(language, code) }),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [language, code]);
  return result?.code === code ? result.nodes : undefined;
}
