import type { ReactNode } from "react";
import { setTheme, theme, themes } from "@/app/theme";
import { useGeneralSetting, useInstanceTitle } from "@/data/instance";
import { t } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { useStore } from "@/lib/store";
import { InstanceLogo } from "@/ui/InstanceLogo";

/** The door: the form at one side, a look at what is behind it at the other. */
export function AuthFrame({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  const instance = useInstanceTitle();
  const description = useGeneralSetting()?.customProfile?.description;
  useDocumentTitle(title, instance);
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(26rem,34rem)_1fr]">
      <div className="flex flex-col px-6 py-8 sm:px-12">
        <header className="flex items-center gap-3">
          <InstanceLogo className="size-10" />
          <span className="font-serif text-2xl tracking-tight">{instance}</span>
        </header>
        <main id="main" tabIndex={-1} className="rise mx-auto my-auto w-full max-w-sm py-10">
          <h1 className="font-serif text-4xl leading-tight tracking-tight">{title}</h1>
          {(text ?? description) && <p className="mt-2.5 leading-relaxed text-muted">{text ?? description}</p>}
          <div className="mt-8">{children}</div>
        </main>
        <footer className="mx-auto w-full max-w-sm">
          <ThemePicker />
        </footer>
      </div>
      <Showcase />
    </div>
  );
}

function ThemePicker() {
  const chosen = useStore(theme);
  return (
    <label className="flex items-center gap-2 text-sm text-muted">
      {t("theme.label")}
      <select value={chosen} onChange={(event) => setTheme(event.target.value as typeof chosen)} className="min-h-11 rounded-lg bg-transparent px-1 text-ink">
        {themes.map((one) => (
          <option key={one} value={one} className="bg-surface">
            {t(`theme.${one}`)}
          </option>
        ))}
      </select>
    </label>
  );
}

const cards = [
  { text: "showcase.one", tag: "ideas", className: "top-[16%] start-[14%] -rotate-3" },
  { text: "showcase.two", tag: "reading", className: "top-[40%] start-[36%] rotate-2" },
  { text: "showcase.three", tag: "garden", className: "top-[63%] start-[18%] -rotate-1" },
] as const;

function Showcase() {
  return (
    <div aria-hidden className="relative hidden overflow-hidden bg-[linear-gradient(145deg,#0e7a5f,#07402f_75%)] lg:block">
      <svg className="absolute inset-0 size-full opacity-25" preserveAspectRatio="none" viewBox="0 0 100 100">
        {[8, 20, 32, 44, 56, 68, 80, 92].map((y) => (
          <path key={y} d={`M-5 ${y} C 25 ${y - 9}, 45 ${y + 9}, 70 ${y} S 100 ${y - 5}, 110 ${y + 2}`} fill="none" stroke="#9ff0d2" strokeWidth="0.18" />
        ))}
      </svg>
      {cards.map(({ text, tag, className }) => (
        <div key={text} className={`absolute w-72 rounded-3xl bg-[#fbfdfa] p-6 text-[#17211c] shadow-[0_24px_60px_rgb(0_0_0/35%)] ${className}`}>
          <p className="font-serif text-lg leading-snug">{t(text)}</p>
          <span className="mt-4 inline-block rounded-full bg-[#dcefe5] px-2.5 py-0.5 text-sm text-[#084f3b]">#{tag}</span>
        </div>
      ))}
    </div>
  );
}
