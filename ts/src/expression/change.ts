/** What an update may be told to change, as users write it: maps of paths, or pairs where order or awkward names matter. */

import { ValidationFailed } from "../errors/catalogue.ts";
import type { At, InputAt, Path, PathText } from "../schema/types.ts";
import { type Field, operandOf } from "./field.ts";
import { type Action, ACTION_KINDS, type ActionKind, type Operand } from "./node.ts";
import { parsePath, type PathSegments } from "./path.ts";

/** Changes as pairs of a path and a value: they keep their order, and their paths may be segments. */
export type Pairs<D> = readonly (readonly [path: Path<D>, value: unknown])[];

type AddendAt<D, P> =
  unknown extends At<D, P>
    ? number | string | bigint
    : At<D, P> extends { type: "N" }
      ? Exclude<InputAt<D, P>, Date>
      : never;

type ListAt<D, P> =
  unknown extends At<D, P> ? readonly unknown[] : At<D, P> extends { type: "L" } ? InputAt<D, P> : never;

type SetAt<D, P> =
  unknown extends At<D, P>
    ? ReadonlySet<string> | ReadonlySet<number> | ReadonlySet<Uint8Array>
    : At<D, P> extends { type: "SS" | "NS" | "BS" }
      ? InputAt<D, P>
      : never;

/**
 * Changes of an update. Members that are undefined are not there. In maps, names that are whole numbers come first, as in
 * every JavaScript object; give pairs where that matters.
 */
export interface Changes<D> {
  /** Set to a value or to another attribute (`table.field(…)`); null removes. */
  readonly set?: { readonly [P in PathText<D>]?: InputAt<D, P> | Field<never> | null | undefined } | Pairs<D>;
  /** Set where there is nothing. */
  readonly setIfAbsent?: { readonly [P in PathText<D>]?: InputAt<D, P> | undefined } | Pairs<D>;
  /** Add a number; an absent attribute counts as zero. Without an expected version this is applied at least once. */
  readonly add?: { readonly [P in PathText<D>]?: AddendAt<D, P> | undefined } | Pairs<D>;
  /** Subtract a number; an absent attribute counts as zero. */
  readonly subtract?: { readonly [P in PathText<D>]?: AddendAt<D, P> | undefined } | Pairs<D>;
  /** Append to a list; an absent one counts as empty. Without an expected version this is applied at least once. */
  readonly append?: { readonly [P in PathText<D>]?: ListAt<D, P> | undefined } | Pairs<D>;
  /** Put in front of a list; an absent one counts as empty. */
  readonly prepend?: { readonly [P in PathText<D>]?: ListAt<D, P> | undefined } | Pairs<D>;
  /** Set to the value of another attribute. */
  readonly copy?:
    | { readonly [P in PathText<D>]?: Path<D> | undefined }
    | readonly (readonly [path: Path<D>, source: Path<D>])[];
  /** Remove attributes or elements, also ones the model does not know. */
  readonly remove?: readonly (Path<D> | string | PathSegments)[];
  /** Add members to a set. */
  readonly addToSet?: { readonly [P in PathText<D>]?: SetAt<D, P> | undefined } | Pairs<D>;
  /** Delete members from a set. */
  readonly deleteFromSet?: { readonly [P in PathText<D>]?: SetAt<D, P> | undefined } | Pairs<D>;
}

const NOTHING: Operand = Object.freeze({ kind: "value", value: undefined });

/** Turn changes into actions, in the order of the kinds and then the caller's. @throws {ValidationFailed} */
export function actionsOf(changes: Changes<never>): Action[] {
  return ACTION_KINDS.flatMap((kind) => actionsOfKind(kind, changes[kind]));
}

function actionsOfKind(kind: ActionKind, changes: unknown): Action[] {
  if (changes === undefined || changes === null) {
    return [];
  }
  if (kind === "remove") {
    return listOf(changes, kind).map((path) => ({ kind, path: pathOf(path), operand: NOTHING }));
  }
  const pairs = Array.isArray(changes) ? (changes as unknown[][]) : Object.entries(changes);
  return pairs
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
  if (!Array.isArray(value)) {
    throw new ValidationFailed(`${kind} takes a list of paths`);
  }
  return value;
}

function pathOf(path: unknown): PathSegments {
  if (typeof path === "string" || Array.isArray(path)) {
    return parsePath(path as string | PathSegments);
  }
  throw new ValidationFailed("a path is text or a list of segments");
}
