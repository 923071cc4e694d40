import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCode } from "../../src/errors/code.ts";
import type { DynamORMError } from "../../src/errors/error.ts";
import { compileExpression } from "../../src/expression/compile.ts";
import { and, field, not, or } from "../../src/expression/field.ts";
import type { Condition } from "../../src/expression/node.ts";
import { defineModel } from "../../src/schema/declare.ts";
import { Everything, Order } from "../codec/models.ts";

const Secret = defineModel({
  name: "Secret",
  table: "secrets",
  keys: { partition: "id" },
  attributes: { id: { type: "S" }, note: { type: "S", encryption: {} }, hint: { type: "S" } },
});

function text(condition: Condition): string | undefined {
  return compileExpression(Everything, { condition }).condition;
}

function failure(work: () => unknown): DynamORMError {
  try {
    work();
  } catch (error) {
    return error as DynamORMError;
  }
  throw new Error("nothing was refused");
}

const refused = (condition: Condition): string => failure(() => text(condition)).code;

/** Tell whether two pairs of parentheses hold the same; throws where they are not balanced. */
function doubled(spelled: string): boolean {
  const open: number[] = [];
  const ends = new Map<number, number>();
  for (const [index, sign] of Array.from(spelled).entries()) {
    if (sign === "(") {
      open.push(index);
    } else if (sign === ")") {
      ends.set(open.pop() ?? fail(), index);
    }
  }
  expect(open).toEqual([]);
  return [...ends].some(([start, end]) => ends.get(start + 1) === end - 1);
}

function fail(): never {
  throw new Error("a parenthesis closes nothing");
}

describe("a condition", () => {
  it("aliases every name once and gives every value a placeholder of its own", () => {
    const condition = and(field("doc.text").eq("x"), field("text").eq("x"), field("items[0].text").ne("x"));
    expect(compileExpression(Everything, { condition })).toEqual({
      condition: "#n0.#n1 = :v0 AND #n1 = :v1 AND #n2[0].#n1 <> :v2",
      names: { "#n0": "doc", "#n1": "text", "#n2": "items" },
      values: { ":v0": { S: "x" }, ":v1": { S: "x" }, ":v2": { S: "x" } },
    });
  });

  it.each([
    [field("whole").between(1, 1), "#n0 BETWEEN :v0 AND :v1"],
    [field("text").in(["a", "b"]), "#n0 IN (:v0, :v1)"],
    [field("text").beginsWith("a"), "begins_with(#n0, :v0)"],
    [field("words").contains("a"), "contains(#n0, :v0)"],
    [field("flag").exists(), "attribute_exists(#n0)"],
    [field("flag").notExists(), "attribute_not_exists(#n0)"],
    [field("words").hasType("SS"), "attribute_type(#n0, :v0)"],
    [field("text").size().ge(3), "size(#n0) >= :v0"],
    [field("whole").lt(field("text").size()), "#n0 < size(#n1)"],
    [field("whole").le(field("num")), "#n0 <= #n1"],
    [not(not(field("flag").exists())), "NOT NOT attribute_exists(#n0)"],
    [not(or(field("flag").exists())), "NOT attribute_exists(#n0)"],
    [
      or(and(field("flag").exists(), or(field("num").exists())), or(field("text").exists())),
      "(attribute_exists(#n0) AND attribute_exists(#n1)) OR attribute_exists(#n2)",
    ],
    [
      not(and(field("flag").exists(), and(field("num").exists(), field("text").exists()))),
      "NOT (attribute_exists(#n0) AND attribute_exists(#n1) AND attribute_exists(#n2))",
    ],
  ])("is spelled like DynamoDB's own examples (%#)", (condition, spelled) => {
    expect(text(condition)).toBe(spelled);
  });

  it("never doubles a parenthesis and balances all, however it is nested", () => {
    const { tree } = fc.letrec<{ tree: Condition }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.constant(field("flag").exists()),
        fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((children) => and(...children)),
        fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((children) => or(...children)),
        tie("tree").map(not),
      ),
    }));
    fc.assert(
      fc.property(tree, (condition) => {
        const spelled = (text(condition) ?? "").replaceAll("attribute_exists(#n0)", "x");
        expect(doubled(spelled)).toBe(false);
      }),
    );
  });

  it("marshals a value by the attribute its path names, and by its own type where there is none", () => {
    const values = (condition: Condition): unknown => compileExpression(Everything, { condition }).values;
    expect(values(field("stamp").gt(new Date(0)))).toEqual({ ":v0": { S: "1970-01-01T00:00:00.000000Z" } });
    expect(values(field("inner.rows[3].at").eq("1970-01-01T01:00:00+01:00"))).toEqual({
      ":v0": { S: "1970-01-01T00:00:00.000000Z" },
    });
    expect(values(field("yes_no").eq(true))).toEqual({ ":v0": { S: "true" } });
    expect(values(field("doc.x").eq(true))).toEqual({ ":v0": { BOOL: true } });
    expect(values(field("nothing").eq(null))).toEqual({ ":v0": { NULL: true } });
    expect(values(field("numbers").contains(1.5))).toEqual({ ":v0": { N: "1.5" } });
  });

  it("takes the prefix of a formatted text as it is", () => {
    expect(compileExpression(Everything, { condition: field("stamp").beginsWith("2026-01") }).values).toEqual(
      {
        ":v0": { S: "2026-01" },
      },
    );
  });

  it.each([
    ["order of a boolean", field("flag").lt(true)],
    ["order of a set", field("words").ge(new Set(["a"]))],
    ["begins_with of a number", field("num").beginsWith("1")],
    ["contains of a number", field("num").contains(1)],
    ["size of a number", field("num").size().eq(1)],
    ["an unknown type", field("num").hasType("STRING" as "S")],
    ["IN of nothing", field("num").in([])],
    ["IN of a hundred and one", field("num").in(Array.from({ length: 101 }, (_, index) => index))],
    ["BETWEEN of numbers the wrong way round", field("num").between(10, 9)],
    ["BETWEEN of texts the wrong way round", field("text").between("😀", "\uff5e")],
    ["BETWEEN of bytes the wrong way round", field("bin").between(Uint8Array.of(128), Uint8Array.of(127))],
  ])("refuses %s as InvalidOperator", (_name, condition) => {
    expect(refused(condition)).toBe("InvalidOperator");
  });

  it("refuses AND and OR of nothing", () => {
    expect(failure(() => and()).code).toBe("InvalidOperator");
    expect(failure(() => or()).code).toBe("InvalidOperator");
  });

  it.each([
    ["another type", field("whole").eq("1")],
    ["a prefix that is null", field("text").beginsWith(null as never)],
    ["an empty set", field("words").eq(new Set())],
    [
      "text for a size",
      field("text")
        .size()
        .eq("1" as never),
    ],
    ["an expression that is too long", or(...Array.from({ length: 200 }, () => field("flag").exists()))],
  ])("refuses %s as ValidationFailed", (_name, condition) => {
    expect(refused(condition)).toBe("ValidationFailed");
  });

  it.each(["", "a.", ".a", "a..b", "a[", "a[x]", "a[0]b", "[0]", "a]", "a.[0]"])(
    "finds no path in %j",
    (path) => {
      expect(
        isCode(
          failure(() => field(path)),
          "ValidationFailed",
        ),
      ).toBe(true);
    },
  );

  it.each([[["a", ""]], [[0, "a"]], [[]], [["a", -1]], [["a", 1.5]], [["\ud800"]]])(
    "finds no path in the segments %j",
    (segments) => {
      expect(
        isCode(
          failure(() => field(segments)),
          "ValidationFailed",
        ),
      ).toBe(true);
    },
  );

  it("allows of an encrypted attribute only whether it exists", () => {
    const compile = (condition: Condition): unknown => compileExpression(Secret, { condition }).condition;
    expect(compile(field("note").exists())).toBe("attribute_exists(#n0)");
    for (const condition of [
      field("note").eq("x"),
      field("hint").eq(field("note")),
      field("note").size().gt(1),
      field("note").hasType("M"),
      field("note").contains("x"),
    ]) {
      const error = failure(() => compile(condition));
      expect([error.code, error.path]).toEqual(["EncryptedFieldNotQueryable", "note"]);
    }
  });
});

describe("an update", () => {
  it("lists its clauses, its kinds and the caller's order", () => {
    const { update } = compileExpression(Everything, {
      update: {
        deleteFromSet: { words: new Set(["b"]) },
        addToSet: { numbers: new Set([2, 1]) },
        remove: ["day", "doc.x"],
        copy: { text: "doc.y" },
        prepend: { items: [0] },
        append: { notes: ["a"] },
        subtract: { "inner.level": 2, whole: 1 },
        add: { price: "1.50" },
        setIfAbsent: { flag: true },
        set: { nano: null, kind: "a" },
      },
    });
    expect(update).toBe(
      "SET #n0 = :v0, #n1 = if_not_exists(#n1, :v1), #n2.#n3 = if_not_exists(#n2.#n3, :v2) + :v3, " +
        "#n4 = list_append(if_not_exists(#n4, :v4), :v5), #n5 = list_append(:v6, if_not_exists(#n5, :v7)), #n6 = #n7.#n8 " +
        "REMOVE #n9, #n10, #n7.#n11 ADD #n12 :v8, #n13 :v9, #n14 :v10 DELETE #n15 :v11",
    );
  });

  it("keeps the order of actions whose names are whole numbers", () => {
    const actions = [
      ["set", ["doc", "2"], 1],
      ["copy", "text", ["doc", "3"]],
      ["set", ["doc", "1"], 2],
    ] as const;
    expect(compileExpression(Everything, { update: { actions, set: { flag: true } } })).toMatchObject({
      update: "SET #n0 = :v0, #n1.#n2 = :v1, #n1.#n3 = :v2, #n4 = #n1.#n5",
      names: { "#n0": "flag", "#n1": "doc", "#n2": "2", "#n3": "1", "#n4": "text", "#n5": "3" },
    });
  });

  it("sets an attribute to another one", () => {
    expect(compileExpression(Everything, { update: { set: { text: field("doc.x") as never } } }).update).toBe(
      "SET #n0 = #n1.#n2",
    );
  });

  it("passes over members that are undefined", () => {
    expect(compileExpression(Everything, { update: { set: { text: undefined, flag: true } } }).update).toBe(
      "SET #n0 = :v0",
    );
  });

  it.each([
    ["nothing", {}, "ValidationFailed"],
    ["only what is undefined", { set: { text: undefined } }, "ValidationFailed"],
    ["the key", { set: { id: "x" } }, "ValidationFailed"],
    ["an unknown attribute", { set: { nosuch: 1 } }, "ValidationFailed"],
    ["an unknown member", { set: { "inner.nosuch": 1 } }, "ValidationFailed"],
    ["an attribute inside text", { set: { "text.x": 1 } }, "ValidationFailed"],
    ["two changes of one path", { set: { text: "a" }, remove: ["text"] }, "ValidationFailed"],
    ["a change inside another", { set: { doc: {}, "doc.x": 1 } }, "ValidationFailed"],
    ["a required member removed", { remove: ["inner.level"] }, "ValidationFailed"],
    ["a required member set to null", { set: { "inner.level": null } }, "ValidationFailed"],
    ["text added", { add: { whole: "1" } }, "ValidationFailed"],
    ["nothing added", { add: { whole: null } }, "ValidationFailed"],
    ["an addition to text", { add: { text: 1 } }, "InvalidOperator"],
    ["an attribute added", { add: { whole: field("num") } }, "InvalidOperator"],
    ["an attribute where there is none", { setIfAbsent: { whole: field("num") } }, "InvalidOperator"],
    ["a size", { set: { whole: field("text").size() } }, "InvalidOperator"],
    ["an empty set where there is none", { setIfAbsent: { words: new Set() } }, "ValidationFailed"],
    ["something that is no list", { append: { items: "a" } }, "ValidationFailed"],
    ["an element that does not fit", { append: { notes: [1] } }, "ValidationFailed"],
    ["an append to a number", { append: { whole: [1] } }, "InvalidOperator"],
    ["an empty set", { addToSet: { words: new Set() } }, "ValidationFailed"],
    ["members of another type", { deleteFromSet: { words: new Set([1]) } }, "ValidationFailed"],
    ["members of a list", { addToSet: { items: new Set(["a"]) } }, "InvalidOperator"],
    ["a path that is no path", { actions: [["set", 5, 1]] }, "ValidationFailed"],
    ["actions that are no list", { actions: {} }, "ValidationFailed"],
    ["paths that are no list", { remove: "text" }, "ValidationFailed"],
  ])("refuses %s", (_name, update, code) => {
    const error = failure(() => compileExpression(Everything, { update: update as never }));
    expect([error.code, error.origin]).toEqual([code, "client"]);
  });

  it("refuses what the library keeps itself, by any clause", () => {
    for (const update of [
      { set: { created_at: "2026-01-01T00:00:00Z" } },
      { remove: ["updated_at"] },
      { add: { version: 1 } },
      { copy: { version: "total" } },
    ]) {
      expect(failure(() => compileExpression(Order, { update: update as never })).code).toBe(
        "ValidationFailed",
      );
    }
  });

  it("adds seconds to a time, but no Date", () => {
    const values = compileExpression(Order, { update: { add: { expires_at: -60 } } }).values;
    expect(values).toEqual({ ":v0": { N: "-60" } });
    const date = { add: { expires_at: new Date(0) as never } };
    expect(failure(() => compileExpression(Order, { update: date })).code).toBe("ValidationFailed");
  });

  it("may remove an encrypted attribute as a whole, and nothing else of it", () => {
    const code = (update: object): string => failure(() => compileExpression(Secret, { update })).code;
    expect(compileExpression(Secret, { update: { remove: ["note"] } }).update).toBe("REMOVE #n0");
    expect(code({ set: { note: "x" } })).toBe("EncryptionNotConfigured");
    expect(code({ set: { "note.ct": "x" } })).not.toBe("EncryptionNotConfigured");
    expect(code({ setIfAbsent: { note: "x" } })).toBe("EncryptedFieldNotQueryable");
    expect(code({ copy: { hint: "note" } })).toBe("EncryptedFieldNotQueryable");
  });

  it.each([
    ["an action before the next one's path", { set: { hint: 5 }, add: { nosuch: 1 } }, "hint"],
    [
      "in the caller's order",
      {
        actions: [
          ["set", "hint", 5],
          ["set", "nosuch", 1],
        ],
      },
      "hint",
    ],
    [
      "by kinds first",
      {
        actions: [
          ["add", "hint", 1],
          ["set", "nosuch", 1],
        ],
      },
      "nosuch",
    ],
    ["an operand before an encrypted path", { set: { hint: 5 }, copy: { note: "hint" } }, "hint"],
    [
      "an operand before an overlap",
      {
        actions: [
          ["set", "hint", "a"],
          ["set", "hint", 5],
        ],
      },
      "hint",
    ],
    ["an encrypted path before its operand", { set: { note: field("hint").size() } }, "note"],
    ["an encrypted path before an overlap", { set: { note: null }, copy: { note: "hint" } }, "note"],
    ["a size before what it is of", { set: { hint: field("note").size() } }, "hint"],
  ])("tells of several wrong things the first: %s", (_name, update, path) => {
    expect(failure(() => compileExpression(Secret, { update: update as never })).path).toBe(path);
  });
});

describe("a projection", () => {
  it.each([
    [["address", "address.city"], "#n0"],
    [["address.city", "total", "address"], "#n0, #n1"],
    [["total", "total"], "#n0"],
    [["address.city", "address.zip"], "#n0.#n1, #n0.#n2"],
    [["lines[0].sku", "lines[1]"], "#n0[0].#n1, #n0[1]"],
  ] as const)("leaves out of %j what another path contains", (select, projection) => {
    expect(compileExpression(Order, { select }).projection).toBe(projection);
  });

  it.each([[[]], [["nosuch"]], [["address.street"]], [["total.x"]], [["address[0]"]], [["address..city"]]])(
    "refuses %j",
    (select) => {
      expect(failure(() => compileExpression(Order, { select: select as never })).code).toBe(
        "ValidationFailed",
      );
    },
  );

  it("needs a key to read an encrypted attribute", () => {
    expect(failure(() => compileExpression(Secret, { select: ["note"] })).code).toBe(
      "EncryptionNotConfigured",
    );
  });
});
