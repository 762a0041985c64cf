import { describe, expect, it } from "vitest";
import { commands, type Known, offersAt } from "@/editor/offers";

const known: Known = {
  tags: new Map([["work", 3], ["area/work", 1]]),
  people: new Map([["anna", 2], ["hannah", 9]]),
  commandName: (command) => ({ tasks: "Task list", table: "Table" })[command as string] ?? command,
};

/** What is offered at the end of the text. */
const at = (text: string) => offersAt(text, text.length, known);
const keys = (text: string) => at(text)?.offers.map((offer) => offer.key);

describe("offers", () => {
  it("are tags after # and a letter", () => {
    expect(at("see #wo")).toMatchObject({ sign: "#", from: 4, word: "wo" });
    expect(keys("see #wo")).toEqual(["work", "area/work"]);
    expect(at("see #wo")!.offers[0]).toEqual({ key: "work", insert: "#work ", back: 0 });
    expect(at("see #")).toBeUndefined();
    expect(at("#nothing-like-it")).toBeUndefined();
  });

  it("are people after @ and a letter, but not in an address", () => {
    expect(keys("hi @an")).toEqual(["anna", "hannah"]);
    expect(at("hi @an")!.offers[0]!.insert).toBe("@anna ");
    expect(at("me@an")).toBeUndefined();
    expect(at("hi @")).toBeUndefined();
  });

  it("are all commands after / at the beginning of a line", () => {
    expect(keys("/")).toEqual([...commands]);
    expect(keys("text\n  /")).toEqual([...commands]);
    expect(at("text\n  /")).toMatchObject({ sign: "/", from: 7, word: "" });
    expect(keys("/ta")).toEqual(["tasks", "table"]);
    expect(keys("/TASK")).toEqual(["tasks"]);
    expect(at("/tmp/x")).toBeUndefined();
    expect(at("and/or")).toBeUndefined();
    expect(at("a /")).toBeUndefined();
    expect(at("/nothing")).toBeUndefined();
  });

  it("are none in a block of code", () => {
    for (const text of ["```\n/", "```\n@an", "```\n#wo"]) expect(at(text)).toBeUndefined();
  });

  it("leave the caret where one goes on writing", () => {
    const code = at("/code")!.offers[0]!;
    expect(code.insert.slice(0, code.insert.length - code.back)).toBe("```\n");
    const table = at("/table")!.offers[0]!;
    expect(table.insert.slice(0, table.insert.length - table.back)).toBe("| ");
    expect(at("/date")!.offers[0]!.insert).toMatch(/^\d{4}-\d\d-\d\d $/);
  });
});
