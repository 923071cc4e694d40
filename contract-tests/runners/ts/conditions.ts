/** Paths, operands and conditions of the pipe → those of the library, and what the runner's files share. It judges nothing. */

import * as dynamorm from "../../../ts/src/index.ts";
import { isMap, type Tagged, toNative } from "./values.ts";

export type AnyModel = dynamorm.Model<dynamorm.DynamicDefinition>;
export type Path = string | readonly (string | number)[];
export type Operand = { readonly value: Tagged } | { readonly attr: Path } | { readonly size: Path };
export type Args = Readonly<Record<string, unknown>>;

export function attributeAt(model: AnyModel, path: Path): dynamorm.Attribute | undefined {
  const segments =
    typeof path === "string"
      ? path.split(/[.[\]]+/).map((part) => (/^\d+$/.test(part) ? Number(part) : part))
      : path;
  let attribute = model.attributes.get(String(segments[0]));
  for (const segment of segments.slice(1)) {
    if (segment !== "") {
      attribute = typeof segment === "number" ? attribute?.items : attribute?.members?.get(segment);
    }
  }
  return attribute;
}

export function operandToNative(attribute: dynamorm.Attribute | undefined, operand: Operand): never {
  if ("attr" in operand) {
    return dynamorm.field(operand.attr) as never;
  }
  return (
    "size" in operand ? dynamorm.field(operand.size).size() : toNative(attribute, operand.value)
  ) as never;
}

const COMPARISONS = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);

export function conditionToNative(owner: (path: Path) => AnyModel, condition: unknown): dynamorm.Condition {
  const [name, ...rest] = condition as [string, ...unknown[]];
  if (name === "and" || name === "or") {
    const join = name === "and" ? dynamorm.and : dynamorm.or;
    return join(...rest.map((child) => conditionToNative(owner, child)));
  }
  if (name === "not") {
    return dynamorm.not(conditionToNative(owner, rest[0]));
  }
  const left = rest[0] as Path | { readonly size: Path };
  if (typeof left === "object" && "size" in left) {
    return comparison(dynamorm.field(left.size).size(), name, undefined, rest);
  }
  const field = dynamorm.field(left);
  const attribute = attributeAt(owner(left), left);
  const operand = rest[1] as never;
  switch (name) {
    case "begins_with":
      // A prefix is text or bytes, whatever the format of the whole.
      return field.beginsWith(operandToNative(undefined, operand));
    case "contains":
      return field.contains(operandToNative(memberOf(attribute), operand));
    case "exists":
      return field.exists();
    case "not_exists":
      return field.notExists();
    case "type":
      return field.hasType(operand);
    default:
      return comparison(field, name, attribute, rest);
  }
}

function comparison(
  pen: dynamorm.Field | dynamorm.Size,
  name: string,
  attribute: dynamorm.Attribute | undefined,
  [, first, second]: readonly unknown[],
): dynamorm.Condition {
  if (name === "between") {
    return pen.between(
      operandToNative(attribute, first as Operand),
      operandToNative(attribute, second as Operand),
    );
  }
  if (name === "in") {
    return pen.in((first as Operand[]).map((operand) => operandToNative(attribute, operand)));
  }
  if (!COMPARISONS.has(name)) {
    throw new Error(`unknown condition ${name}`);
  }
  return pen[name as "eq"](operandToNative(attribute, first as Operand));
}

/** What `contains` looks for is a member; its own tag says the type of a set's. */
function memberOf(attribute: dynamorm.Attribute | undefined): dynamorm.Attribute | undefined {
  return attribute?.type === "L" ? attribute.items : undefined;
}

export function pick(args: Args, names: readonly string[]): Args {
  return Object.fromEntries(names.filter((name) => name in args).map((name) => [name, args[name]]));
}

export function defined(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

export function fail(fact: string): never {
  throw new Error(fact);
}

const PAIRS = {
  set: "set",
  set_if_absent: "setIfAbsent",
  add: "add",
  subtract: "subtract",
  append: "append",
  prepend: "prepend",
  add_to_set: "addToSet",
  delete_from_set: "deleteFromSet",
} as const;

type Changes = dynamorm.Changes<dynamorm.DynamicDefinition>;

export function changesToNative(model: AnyModel, args: Args): Changes {
  const pairs = (name: string): readonly (readonly [Path, Operand])[] =>
    (args[name] ?? []) as readonly (readonly [Path, Operand])[];
  const kinds = Object.entries(PAIRS).map(
    ([name, kind]) =>
      [
        kind,
        pairs(name).map(([path, operand]) => [path, operandToNative(attributeAt(model, path), operand)]),
      ] as const,
  );
  const all = [...kinds, ["copy", pairs("copy")] as const].filter(([, changes]) => changes.length > 0);
  const listed = all.filter(([, changes]) => !isMap(changes));
  return {
    // A map as most programs write it; a list where a map could not say it.
    ...Object.fromEntries(
      all
        .filter(([, changes]) => isMap(changes))
        .map(([kind, changes]) => [kind, Object.fromEntries(changes)]),
    ),
    ...(listed.length === 0
      ? {}
      : {
          actions: listed.flatMap(([kind, changes]) => changes.map(([path, value]) => [kind, path, value])),
        }),
    ...pick(args, ["remove"]),
  } as unknown as Changes;
}

/** What goes wrong in a write shows the caller's objects beside the error, and what the error says of several items. */
export class Failure extends Error {
  readonly beside: { readonly after?: unknown; readonly details?: object | undefined };

  constructor(cause: unknown, beside: Failure["beside"]) {
    super("a write failed", { cause });
    this.beside = beside;
  }
}
