/** What an update may be told to change, as users write it: maps of paths, or pairs where order or awkward names matter. */

import { ValidationFailed } from "../errors/catalogue.ts";
import type { InputOf, InputOrUnknown, Path, PathText, Places } from "../schema/types.ts";
import { type Field, operandOf } from "./field.ts";
import { type Action, ACTION_KINDS, type ActionKind, type Operand } from "./node.ts";
import { parsePath, type PathSegments } from "./path.ts";

/** One change: its kind, its path, and its value; of a copy the source. */
export type ActionOf<D> = readonly [kind: Exclude<ActionKind, "remove">, path: Path<D>, value: unknown];

/** A map of paths, for the declarations that fit `T`. */
type Of<D, T, V> = {
  readonly [E in Places<D> as E[1] extends T ? E[0] : unknown extends E[1] ? E[0] : never]?:
    (unknown extends E[1] ? V : InputOf<E[1]>) | undefined;
};

type SetMap<D> = {
  readonly [E in Places<D> as E[0]]?: InputOrUnknown<E[1]> | Field<never> | null | undefined;
};

type Addends<D> = {
  readonly [E in Places<D> as E[1] extends { type: "N" } ? E[0] : unknown extends E[1] ? E[0] : never]?:
    (unknown extends E[1] ? number | bigint | string : Exclude<InputOf<E[1]>, Date>) | undefined;
};

type Lists<D> = Of<D, { type: "L" }, readonly unknown[]>;

type Sets<D> = Of<
  D,
  { type: "SS" | "NS" | "BS" },
  ReadonlySet<string> | ReadonlySet<number> | ReadonlySet<Uint8Array>
>;

/**
 * Changes of an update. Members that are undefined are not there. In maps, names that are whole numbers come first, as in
 * every JavaScript object; give `actions` where that matters.
 */
export interface Changes<D> {
  /** Set to a value or to another attribute (`table.field(…)`); null removes. */
  readonly set?: SetMap<D>;
  /** Set where there is nothing. */
  readonly setIfAbsent?: SetMap<D>;
  /** Add a number; an absent attribute counts as zero. Without an expected version this is applied at least once. */
  readonly add?: Addends<D>;
  /** Subtract a number; an absent attribute counts as zero. */
  readonly subtract?: Addends<D>;
  /** Append to a list; an absent one counts as empty. Without an expected version this is applied at least once. */
  readonly append?: Lists<D>;
  /** Put in front of a list; an absent one counts as empty. */
  readonly prepend?: Lists<D>;
  /** Set to the value of another attribute. */
  readonly copy?: { readonly [P in PathText<D>]?: Path<D> | undefined };
  /** Remove attributes or elements, also ones the model does not know. */
  readonly remove?: readonly (string | PathSegments)[];
  /** Add members to a set. */
  readonly addToSet?: Sets<D>;
  /** Delete members from a set. */
  readonly deleteFromSet?: Sets<D>;
  /** Changes one by one, after those of the maps: they keep their order, and their paths may be segments. */
  readonly actions?: readonly ActionOf<D>[];
}

const NOTHING: Operand = Object.freeze({ kind: "value", value: undefined });

/** Changes before anyone looked at them. */
type Loose = Readonly<Partial<Record<ActionKind | "actions", unknown>>>;

/** Turn changes into actions, in the order of the kinds and then the caller's. @throws {ValidationFailed} */
export function actionsOf(changes: object): Action[] {
  return ACTION_KINDS.flatMap((kind) => actionsOfKind(kind, changes));
}

function actionsOfKind(kind: ActionKind, changes: Loose): Action[] {
  if (kind === "remove") {
    return listOf(changes.remove, kind).map((path) => ({ kind, path: pathOf(path), operand: NOTHING }));
  }
  const listed = (listOf(changes.actions, "actions") as readonly (readonly unknown[])[])
    .filter(([named]) => named === kind)
    .map(([, path, value]) => [path, value] as const);
  return [...Object.entries(changes[kind] ?? {}), ...listed]
    .filter(([, value]) => value !== undefined)
    .map(([path, value]) => ({
      kind,
      path: pathOf(path),
      operand: kind === "copy" ? sourceOf(value) : operandOf(value),
    }));
}

function sourceOf(path: unknown): Operand {
  return Object.freeze({ kind: "path", path: pathOf(path) });
}

function listOf(value: unknown, kind: string): readonly unknown[] {
  if (value !== undefined && !Array.isArray(value)) {
    throw new ValidationFailed(`${kind} takes a list`);
  }
  return value ?? [];
}

function pathOf(path: unknown): PathSegments {
  if (typeof path === "string" || Array.isArray(path)) {
    return parsePath(path as string | PathSegments);
  }
  throw new ValidationFailed("a path is text or a list of segments");
}
