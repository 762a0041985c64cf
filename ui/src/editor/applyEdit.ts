import type { Edit } from "./textOps";

/** Makes the change as if typed, so that the browser's own undo knows it. */
export function applyEdit(area: HTMLTextAreaElement, edit: Edit): void {
  area.focus({ preventScroll: true });
  if (edit.from !== edit.to || edit.insert) {
    area.setSelectionRange(edit.from, edit.to);
    const typed = document.execCommand(edit.insert ? "insertText" : "delete", false, edit.insert);
    if (!typed) {
      area.setRangeText(edit.insert, edit.from, edit.to, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  area.setSelectionRange(edit.start, edit.end);
}

const copied = ["fontFamily", "fontSize", "fontWeight", "lineHeight", "letterSpacing", "tabSize", "paddingTop", "paddingInlineStart", "paddingInlineEnd", "borderTopWidth", "direction"] as const;

/** Where the character at `at` is drawn, relative to the text area's corner. */
export function caretPoint(area: HTMLTextAreaElement, at: number): { left: number; top: number; line: number } {
  const mirror = document.createElement("div");
  const style = getComputedStyle(area);
  for (const name of copied) mirror.style[name] = style[name];
  Object.assign(mirror.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", boxSizing: "border-box", width: `${area.clientWidth}px` });
  mirror.textContent = area.value.slice(0, at);
  const mark = document.createElement("span");
  mark.textContent = area.value.slice(at, at + 1) || ".";
  mirror.append(mark);
  document.body.append(mirror);
  const point = { left: mark.offsetLeft, top: mark.offsetTop - area.scrollTop, line: parseFloat(style.lineHeight) || 24 };
  mirror.remove();
  return point;
}
