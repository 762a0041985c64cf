import { t, type TextKey } from "@/i18n";
import type { Icon } from "@/ui/Button";
import { BoldIcon, CodeIcon, HashIcon, ItalicIcon, LinkIcon, TasksIcon } from "@/ui/icons";
import { type Edit, insertLink, type Selection, toggleLines, toggleMark } from "./textOps";

const tools: { icon: Icon; text: TextKey; keys: string; edit(selection: Selection): Edit }[] = [
  { icon: HashIcon, text: "editor.tag", keys: "#", edit: ({ text, start, end }) => ({ from: start, to: end, insert: /\S/.test(text[start - 1] ?? "") ? " #" : "#", start: start + (/\S/.test(text[start - 1] ?? "") ? 2 : 1), end: start + (/\S/.test(text[start - 1] ?? "") ? 2 : 1) }) },
  { icon: TasksIcon, text: "editor.task", keys: "Ctrl+Shift+9", edit: (selection) => toggleLines(selection, "task") },
  { icon: BoldIcon, text: "editor.bold", keys: "Ctrl+B", edit: (selection) => toggleMark(selection, "**") },
  { icon: ItalicIcon, text: "editor.italic", keys: "Ctrl+I", edit: (selection) => toggleMark(selection, "*") },
  { icon: LinkIcon, text: "editor.link", keys: "Ctrl+K", edit: insertLink },
  { icon: CodeIcon, text: "editor.code", keys: "Ctrl+E", edit: (selection) => toggleMark(selection, "`") },
];

/** Formatting in reach of the thumb. Pressing a button doesn't take the focus from the text. */
export function Toolbar({ onEdit }: { onEdit(make: (selection: Selection) => Edit): void }) {
  return (
    <div role="toolbar" aria-label={t("editor.format")} className="flex">
      {tools.map(({ icon: Glyph, text, keys, edit }) => (
        <button
          key={text}
          type="button"
          aria-label={t(text)}
          title={`${t(text)} (${keys})`}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onEdit(edit)}
          className="grid size-9 place-items-center rounded-full text-muted hover:bg-sunken hover:text-ink pointer-coarse:size-11 max-[25rem]:pointer-coarse:w-10"
        >
          <Glyph className="size-4.5" aria-hidden />
        </button>
      ))}
    </div>
  );
}
