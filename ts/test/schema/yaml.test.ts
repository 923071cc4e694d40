import { describe, expect, it } from "vitest";
import type { DynamORMError } from "../../src/errors/error.ts";
import { readYaml } from "../../src/schema/yaml.ts";

function refusedAt(text: string): string | undefined {
  try {
    readYaml(text);
  } catch (error) {
    return (error as DynamORMError).path;
  }
  throw new Error("nothing was refused");
}

describe("readYaml", () => {
  it.each([
    ["no", "no"],
    ["on", "on"],
    ["1:30", "1:30"],
    ["1_000", "1_000"],
    ["2026-01-02", "2026-01-02"],
    ["010", 10],
    ["0o10", 8],
    ["0x1F", 31],
    ["0b1", "0b1"],
    ["-0x1", "-0x1"],
    ["+1", 1],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["-0", 0],
    ["True", true],
    ["FALSE", false],
    ["tRue", "tRue"],
    ["~", null],
    ["", null],
    ["'~'", "~"],
    ['"010"', "010"],
    ["=", "="],
    ["|\n  a\n  b", "a\nb\n"],
    ['"\\ud83d\\ude00"', "😀"],
    ["[1, {b: no}]", [1, { b: "no" }]],
  ])("resolves %j by the core schema of YAML 1.2", (scalar, value) => {
    expect(readYaml(`a: ${scalar}`)).toEqual({ a: value });
  });

  it("takes a directive of an older version for no reason to resolve otherwise", () => {
    expect(readYaml("%YAML 1.1\n---\na: yes\nb: 010")).toEqual({ a: "yes", b: 10 });
  });

  it.each([
    ["\uFEFFa: 1", { a: 1 }],
    ["a: 1\r\nb: 2\rc: 3", { a: 1, b: 2, c: 3 }],
    ["a: x\u2028y\u0085z", { a: "x\u2028y\u0085z" }],
    ['a: "x\ty" # \tz', { a: "x\ty" }],
    ['{"a":\t"\\/\\ud83d\\ude00\x7f\uFDD0"}', { a: "/😀\x7f\uFDD0" }],
  ])("reads %j", (text, value) => {
    expect(readYaml(text)).toEqual(value);
  });

  it("reads JSON as what it is", () => {
    const value = { "a\n": [1.5, "\u2028", { b: null }], é: "/" };
    expect(readYaml(JSON.stringify(value))).toEqual(value);
    expect(readYaml('{"a":"\\/"}')).toEqual({ a: "/" });
  });

  it("keeps a member named __proto__", () => {
    expect(Object.keys(readYaml("__proto__: 1") as object)).toEqual(["__proto__"]);
  });

  it.each([
    ["an anchor", "a: {b: &x 1}", ""],
    ["an alias", "a: &x 1\nb: *x", ""],
    ["a tag", "a: !!str 1", ""],
    ["a tag on a map", "a: !!map {}", ""],
    ["a tag behind a key", 'a: {"b"! }', ""],
    ["an explicit key", "? a\n: b", ""],
    ["a value without a key", "{: b}", ""],
    ["a key on two lines", "{a\n b: c}", ""],
    ["a colon on the next line", "a\n  : b", ""],
    ["a long key", `${"a".repeat(1025)}: b`, ""],
    ["a tab around a scalar", "a:\tb", ""],
    ["a tab at the end", "a: b\t", ""],
    ["a directive", "%TAG ! x\n---\na: b", ""],
    ["a control character", "a: \x7f", ""],
    ["the escape of a noncharacter", 'a: "\\ufdd0"', ""],
    ["a sign between brackets", "a: {b: c?}", ""],
    ["a key that a bracket follows", "a: {b:{}}", ""],
    ["a comment that is less indented than the value below", "a:\n# b\n  c\nd: e", ""],
    ["an empty line after an escaped end", 'a: "b\\\n\n  c"', ""],
    ["a quote that is escaped at the end", 'a: "\\"', ""],
    ["what nests too deep", `a: ${"[".repeat(100)}${"]".repeat(100)}`, ""],
    ["what nests much too deep", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, ""],
    ["a lone surrogate", 'a: "\\ud800"', "/a"],
    ["a number that DynamoDB does not hold", "a: {b: 1e126}", "/a/b"],
    ["a merge key", "a: {<<: {b: 1}}", "/a"],
    ["a repeated key", "a: {b: 1, 'b': 2}", "/a/b"],
    ["a key that is a number", "a: {1: b}", "/a"],
    ["a key that is null", "a: {~: b}", "/a"],
    ["a key that is a list", "a: {[1]: b}", "/a"],
    ["an infinity", "a: [.inf]", "/a/0"],
    ["no number", "a: .NaN", "/a"],
    ["a number that binary64 does not hold", "a/b~c: 9007199254740993", "/a~1b~0c"],
    ["a second document", "a: 1\n---\nb: 1", ""],
    ["no document", "", ""],
    ["what is no YAML", "a: [1", ""],
  ])("refuses %s at its place", (_name, text, at) => {
    expect(refusedAt(text)).toBe(at);
  });

  it("takes a quoted << for a key like others", () => {
    expect(readYaml("'<<': 1")).toEqual({ "<<": 1 });
  });
});
