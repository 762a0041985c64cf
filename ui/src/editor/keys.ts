import { continueList, type Edit, indent, insertLink, moveLines, type Selection, toggleLines, toggleMark } from "./textOps";

interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** The change a key makes in the text; undefined leaves the key to the browser. */
export function editForKey(event: KeyPress, selection: Selection): Edit | undefined {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.shiftKey && !event.altKey) {
    if (event.code === "Digit7") return toggleLines(selection, "number");
    if (event.code === "Digit8") return toggleLines(selection, "bullet");
    if (event.code === "Digit9") return toggleLines(selection, "task");
    return undefined;
  }
  if (command && !event.altKey) {
    switch (event.key.toLowerCase()) {
      case "b":
        return toggleMark(selection, "**");
      case "i":
        return toggleMark(selection, "*");
      case "e":
        return toggleMark(selection, "`");
      case "k":
        return insertLink(selection);
      default:
        return undefined;
    }
  }
  if (event.altKey && !command && (event.key === "ArrowUp" || event.key === "ArrowDown")) return moveLines(selection, event.key === "ArrowDown");
  if (event.altKey) return undefined;
  if (event.key === "Enter" && !event.shiftKey) return continueList(selection);
  if (event.key === "Tab") return indent(selection, event.shiftKey);
  return undefined;
}
