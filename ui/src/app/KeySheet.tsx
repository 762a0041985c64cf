import { t, type TextKey } from "@/i18n";
import { Dialog } from "@/ui/Dialog";

const groups: [TextKey, [string, TextKey][]][] = [
  ["keys.everywhere", [["n", "keys.new"], ["/", "keys.search"], ["g h", "keys.home"], ["g e", "keys.explore"], ["g a", "keys.attachments"], ["g i", "keys.inbox"], ["g r", "keys.archived"], ["g s", "keys.settings"], ["?", "keys.help"]]],
  ["keys.list", [["j", "keys.next"], ["k", "keys.previous"], ["Enter", "keys.open"], ["e", "keys.edit"], ["p", "keys.pin"], ["#", "keys.archive"], ["Delete", "keys.delete"]]],
  ["keys.editor", [["Ctrl Enter", "keys.save"], ["Ctrl B", "keys.bold"], ["Ctrl I", "keys.italic"], ["Ctrl K", "keys.link"], ["Ctrl E", "keys.code"], ["Ctrl Shift 7", "keys.numbers"], ["Ctrl Shift 8", "keys.bullets"], ["Ctrl Shift 9", "keys.tasks"], ["Alt ↑ ↓", "keys.move"], ["Tab", "keys.nest"]]],
];

export default function KeySheet({ onClose }: { onClose(): void }) {
  return (
    <Dialog title={t("keys.title")} shape="full" onClose={onClose}>
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3 className="mb-2 text-sm font-semibold text-muted">{t(title)}</h3>
            <dl className="text-sm">
              {rows.map(([keys, text]) => (
                <div key={keys} className="flex items-center justify-between gap-4 border-b border-line py-2">
                  <dt>{t(text)}</dt>
                  <dd className="flex gap-1">
                    {keys.split(" ").map((one) => (
                      <kbd key={one} className="rounded-md border border-line-strong bg-sunken px-1.5 py-0.5 font-mono text-xs">
                        {one}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
