import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { toDate } from "@/lib/time";
import { dayRange, type HasValue, type IsValue, type Term } from "./query";

/** A text as a literal of the filter language: nothing in it can end the literal early. */
export function quoteLiteral(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replace(/[\u0000-\u001f\u007f]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `"${escaped}"`;
}

const hasConditions: Record<HasValue, string> = {
  link: "has_link",
  task: "has_task_list",
  open: "has_incomplete_tasks",
  code: "has_code",
  tag: "size(tags) > 0",
};

const visibilities: Record<Exclude<IsValue, "pinned">, Visibility> = {
  private: Visibility.PRIVATE,
  protected: Visibility.PROTECTED,
  public: Visibility.PUBLIC,
};

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);

function condition(term: Term): string | undefined {
  switch (term.kind) {
    case "text":
      return `content.contains(${quoteLiteral(term.value)})`;
    case "tag":
      // Untagged memos have no list at all, which negation must not lose.
      return term.not ? `(size(tags) == 0 || !(tag in [${quoteLiteral(term.value)}]))` : `tag in [${quoteLiteral(term.value)}]`;
    case "by":
      return `creator == ${quoteLiteral(`users/${term.value}`)}`;
    case "is":
      return term.value === "pinned" ? "pinned" : `visibility == "${term.value.toUpperCase()}"`;
    case "has":
      return hasConditions[term.value];
    case "before":
    case "after":
    case "on": {
      const { from, until } = dayRange(term);
      const parts = [from && `created_ts >= timestamp(${seconds(from)})`, until && `created_ts < timestamp(${seconds(until)})`];
      return parts.filter(Boolean).join(" && ");
    }
    case "in":
      return undefined;
  }
}

/** The terms as a filter for the server. `fixed` conditions, such as the page's own, come first. */
export function toFilter(terms: Term[], fixed: string[] = []): string {
  const parts = terms.flatMap((term) => {
    const text = condition(term);
    if (!text) return [];
    return [term.not && term.kind !== "tag" ? `!(${text})` : text];
  });
  return [...fixed, ...parts].join(" && ");
}

const fold = (text: string) => text.toLocaleLowerCase().normalize("NFC");

function matchesTerm(memo: Memo, term: Term): boolean {
  switch (term.kind) {
    case "text":
      return fold(memo.content).includes(fold(term.value));
    case "tag": {
      const wanted = fold(term.value);
      return memo.tags.some((tag) => fold(tag) === wanted || fold(tag).startsWith(`${wanted}/`));
    }
    case "by":
      return memo.creator === `users/${term.value}`;
    case "is":
      return term.value === "pinned" ? memo.pinned : memo.visibility === visibilities[term.value];
    case "has":
      return hasProperty(memo, term.value);
    case "before":
    case "after":
    case "on": {
      const { from, until } = dayRange(term);
      const created = toDate(memo.createTime) ?? new Date(0);
      return (!from || created >= from) && (!until || created < until);
    }
    case "in":
      return true;
  }
}

function hasProperty(memo: Memo, value: HasValue): boolean {
  const property = memo.property;
  switch (value) {
    case "link":
      return property?.hasLink ?? false;
    case "task":
      return property?.hasTaskList ?? false;
    case "open":
      return property?.hasIncompleteTasks ?? false;
    case "code":
      return property?.hasCode ?? false;
    case "tag":
      return memo.tags.length > 0;
  }
}

/** Would the server have listed this memo for these terms? Lets a changed memo join or leave a list without asking again. */
export function matchesTerms(memo: Memo, terms: Term[]): boolean {
  return terms.every((term) => matchesTerm(memo, term) !== term.not);
}
