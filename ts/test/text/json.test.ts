import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, JsonFault, parseJson } from "../../src/text/json.ts";

function refusal(work: () => unknown): { fact: string; at: string } {
  try {
    work();
  } catch (fault) {
    if (fault instanceof JsonFault) {
      return { fact: fault.fact, at: fault.segments.join("/") };
    }
    throw fault;
  }
  throw new Error("nothing was refused");
}

describe("canonicalJson", () => {
  it("sorts keys by bytes, leaves no white space, and writes canonical numbers", () => {
    const value = { "😀": 1, ﬀ: 2, b: [1e21, 0.1, -0, 1e-7], a: { c: null, b: "" } };
    expect(canonicalJson(value)).toBe(
      '{"a":{"b":"","c":null},"b":[1000000000000000000000,0.1,0,0.0000001],"ﬀ":2,"😀":1}',
    );
  });

  it("leaves out members that are undefined", () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each([
    ["bytes", { a: [new Uint8Array(1)] }, "a/0"],
    ["a set", { a: new Set() }, "a"],
    ["a Date", new Date(0), ""],
    ["NaN", [1, Number.NaN], "1"],
    ["a bigint", { n: 1n }, "n"],
    ["undefined in an array", [undefined], "0"],
    ["a lone surrogate", ["\ud800"], "0"],
    ["a lone surrogate in a key", { "\ud800": 1 }, ""],
  ])("refuses %s, and says where", (_name, value, at) => {
    expect(refusal(() => canonicalJson(value)).at).toBe(at);
  });

  it("refuses a number that DynamoDB would not store, only where it is to be stored", () => {
    expect(canonicalJson(1e300)).toBe("1E+300");
    expect(refusal(() => canonicalJson(1e300, "storable")).fact).toContain("range");
  });

  it("refuses a value that contains itself", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(refusal(() => canonicalJson(loop)).fact).toContain("deep");
  });
});

describe("parseJson", () => {
  it("gives what JSON.parse gives, for every JSON value that was written", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("reads back what the canonical writer wrote", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        expect(canonicalJson(parseJson(canonicalJson(value)))).toBe(canonicalJson(value));
      }),
    );
  });

  it("keeps a member whose name is that of the prototype", () => {
    const value = parseJson('{"__proto__":{"x":1}}');
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
  });

  it.each([
    ["nothing", ""],
    ["an open object", '{"a":'],
    ["text behind the value", "{} x"],
    ["a repeated key", '{"a":1,"\\u0061":2}'],
    ["NaN", "NaN"],
    ["single quotes", "{'a':1}"],
    ["a comma too many", "[1,]"],
    ["a comma too few", "[1 2]"],
    ["a key that is no text", "{1:2}"],
    ["a leading zero", "01"],
    ["a bare fraction", ".5"],
    ["a control character", '"\n"'],
    ["a bad escape", '"\\x"'],
    ["a lone surrogate", '"\\ud800"'],
    ["an integer that no JavaScript number holds", "9007199254740993"],
    ["a fraction that no JavaScript number holds", "0.1000000000000000000001"],
    ["a number beyond binary64", "1e400"],
    ["a depth that no document has", "[".repeat(2000)],
  ])("refuses %s", (_name, text) => {
    expect(refusal(() => parseJson(text)).fact).not.toBe("");
  });
});
