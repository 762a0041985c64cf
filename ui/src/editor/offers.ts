import { isTagCharacter } from "@/markdown/tagSyntax";
import { insideFence, suggest, wordBefore } from "./textOps";

export type OfferSign = "#" | "@" | "/";

/** What can be put in place of the word at the caret. */
export interface Offer {
  /** The tag, the user name, or the command. */
  key: string;
  insert: string;
  /** Where the caret goes, counted back from the end of what was inserted. */
  back: number;
}

export interface Known {
  tags: Map<string, number>;
  people: Map<string, number>;
  commandName(command: Command): string;
}

export const commands = ["heading", "bullets", "numbers", "tasks", "quote", "code", "table", "rule", "date"] as const;
export type Command = (typeof commands)[number];

const maxOffers = 8;
const tagCharacter = { test: isTagCharacter } as RegExp;
const nameCharacter = /[A-Za-z0-9_-]/;

function localDate(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function toOffer(command: Command): Offer {
  const plain = (insert: string, back = 0) => ({ key: command, insert, back });
  switch (command) {
    case "heading":
      return plain("## ");
    case "bullets":
      return plain("- ");
    case "numbers":
      return plain("1. ");
    case "tasks":
      return plain("- [ ] ");
    case "quote":
      return plain("> ");
    case "code":
      return plain("```\n\n```", 4);
    case "table":
      return plain("|  |  |\n|---|---|\n|  |  |", 23);
    case "rule":
      return plain("---\n");
    case "date":
      return plain(`${localDate(new Date())} `);
  }
}

/** `/` and a word, with nothing but blanks before them in the line. */
function commandBefore(text: string, caret: number): { from: number; word: string } | undefined {
  const line = text.lastIndexOf("\n", caret - 1) + 1;
  const found = /^\s*\/(\p{L}*)$/u.exec(text.slice(line, caret));
  if (!found || insideFence(text, line)) return undefined;
  const word = found[1]!;
  return { from: caret - word.length - 1, word };
}

export interface Found {
  sign: OfferSign;
  /** Where the sign stands. */
  from: number;
  word: string;
  offers: Offer[];
}

/** Offers tags after `#` and a letter, people after `@` and a letter, commands after `/` at the beginning of a line. */
export function offersAt(text: string, caret: number, { tags, people, commandName }: Known): Found | undefined {
  const command = commandBefore(text, caret);
  if (command) {
    const wanted = command.word.toLocaleLowerCase();
    const fitting = commands.filter((one) => commandName(one).toLocaleLowerCase().includes(wanted) || one.startsWith(wanted));
    return fitting.length ? { sign: "/", ...command, offers: fitting.map(toOffer) } : undefined;
  }
  const tag = wordBefore(text, caret, "#", tagCharacter);
  const name = tag ? undefined : wordBefore(text, caret, "@", nameCharacter);
  const found = tag ?? name;
  if (!found) return undefined;
  const sign = tag ? "#" : "@";
  const offers = suggest(found.word, tag ? tags : people, maxOffers).map((key) => ({ key, insert: `${sign}${key} `, back: 0 }));
  return offers.length ? { sign, from: found.from - 1, word: found.word, offers } : undefined;
}
