import type { ListItem, Nodes } from "mdast";
import { parseMarkdown } from "./parse";

export interface Task {
  /** Where the character between the brackets is. */
  offset: number;
  done: boolean;
}

/** Where the box of a task item is in the source; undefined for other items. */
export function taskOffset(content: string, item: ListItem): number | undefined {
  const start = item.position?.start.offset;
  if (typeof item.checked !== "boolean" || start === undefined) return undefined;
  const box = /\[[ xX\t]\]/.exec(content.slice(start, start + 64));
  return box ? start + box.index + 1 : undefined;
}

export function findTasks(content: string): Task[] {
  const tasks: Task[] = [];
  visit(parseMarkdown(content));
  return tasks;

  function visit(node: Nodes): void {
    if (node.type === "listItem") {
      const offset = taskOffset(content, node);
      if (offset !== undefined) tasks.push({ offset, done: node.checked === true });
    }
    if ("children" in node) node.children.forEach(visit);
  }
}

function put(content: string, offset: number, done: boolean): string {
  return content.slice(0, offset) + (done ? "x" : " ") + content.slice(offset + 1);
}

/** The content with one box set: nothing but that one character changes. */
export function setTask(content: string, index: number, done: boolean): string {
  const task = findTasks(content)[index];
  return task ? put(content, task.offset, done) : content;
}

export function setAllTasks(content: string, done: boolean): string {
  return findTasks(content).reduce((text, task) => put(text, task.offset, done), content);
}
