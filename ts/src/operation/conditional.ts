/** Conditional writes: what the library adds to a condition, and what a false one means. */

import type { ModelCodec } from "../codec/item.ts";
import type { Open, Seal } from "../codec/seal.ts";
import type { WireItem } from "../codec/value.ts";
import { ConditionFailed, type ErrorKind, ItemNotFound, ValidationFailed } from "../errors/catalogue.ts";
import type { DynamORMError, ErrorFields } from "../errors/error.ts";
import type { Compiled } from "../expression/compile.ts";
import type { Condition } from "../expression/node.ts";
import type { Attribute } from "../schema/model.ts";
import { compareNumbers } from "../text/decimal.ts";
import { answerOf, type Answer, type Held, holding, type Response } from "./exchange.ts";

/** What has to hold of the stored item beside the caller's condition. */
export type Guard =
  | { readonly kind: "none" }
  /** There is no item yet. */
  | { readonly kind: "absent" }
  /** There is an item. */
  | { readonly kind: "exists" }
  /** There is an item, and it has this version (a native value). */
  | { readonly kind: "version"; readonly version: unknown }
  /** There is an item, and it has no version. */
  | { readonly kind: "unversioned" };

/** Join the caller's condition and the library's, in this order; undefined where there is none. `ownOnly` leaves items of other models alone. */
export function guarded(
  codec: ModelCodec,
  condition: Condition | undefined,
  guard: Guard,
  ownOnly = false,
): Condition | undefined {
  const children = [
    ...(condition === undefined ? [] : [condition]),
    ...guardConditions(codec, guard),
    ...(ownOnly ? markConditions(codec, guard) : []),
  ];
  return children.length === 0 ? undefined : { kind: "and", children };
}

function guardConditions({ model }: ModelCodec, guard: Guard): Condition[] {
  const exists: Condition = { kind: "attribute_exists", path: [model.partition.name] };
  switch (guard.kind) {
    case "none":
      return [];
    case "absent":
      return [{ kind: "attribute_not_exists", path: [model.partition.name] }];
    case "exists":
      return [exists];
    case "version":
      return [
        {
          kind: "compare",
          operator: "=",
          left: { kind: "path", path: [versionOf(model.version).name] },
          right: { kind: "value", value: guard.version },
        },
      ];
    case "unversioned":
      return [exists, { kind: "attribute_not_exists", path: [versionOf(model.version).name] }];
  }
}

/** Behind what demands an item the discriminator alone, else beside the case that there is no item. */
function markConditions({ model }: ModelCodec, guard: Guard): Condition[] {
  const { discriminator, partition } = model;
  if (discriminator === undefined) {
    return [];
  }
  const own: Condition = {
    kind: "compare",
    operator: "=",
    left: { kind: "path", path: [discriminator.attribute] },
    right: { kind: "value", value: discriminator.value },
  };
  const none: Condition = { kind: "attribute_not_exists", path: [partition.name] };
  return [guard.kind === "none" ? { kind: "or", children: [none, own] } : own];
}

/** Give the version attribute. @throws {ValidationFailed} where the model has none. */
export function versionOf(version: Attribute | undefined): Attribute {
  if (version === undefined) {
    throw new ValidationFailed("the model has no attribute in the role version");
  }
  return version;
}

/** Give the request members of a compiled condition; a failed one is to return the item. */
export function conditionMembers({ condition }: Compiled): string {
  return condition === undefined
    ? ""
    : `,"ConditionExpression":${JSON.stringify(condition)},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`;
}

/** What a write was told, as far as it tells apart why its condition was false. */
export interface Attempt {
  readonly codec: ModelCodec;
  readonly guard: Guard;
  /** Whether the caller gave a condition too. */
  readonly conditional: boolean;
}

/** A write as its own request and a transaction have it: the members, and what a false condition means. */
export interface Entry {
  /** Request members as JSON text, without braces. */
  readonly members: string;
  readonly attempt: Attempt;
  /** What is still to be sealed in the members. */
  readonly seals: readonly Seal[];
}

/** Name the item of a failed condition, or that of the answer, which comes with a key of its own or without one. */
export function heldByWrite({ codec }: Attempt, response: Response, key?: WireItem): readonly Held[] {
  if (response.ok) {
    return holding(codec, response.answer.Attributes, key);
  }
  return response.error.code === "ConditionFailed" ? holding(codec, response.item) : [];
}

/** Give the answer to a conditional write, or the error that fits the item it returned. */
export function conditionalAnswer(attempt: Attempt, response: Response, open: Open | undefined): Answer {
  if (response.ok || response.error.code !== "ConditionFailed") {
    return answerOf(response);
  }
  const { origin, awsType, requestId, status, maybeApplied, cause } = response.error;
  const said = { origin, awsType, requestId, status, maybeApplied, cause };
  throw conditionFailed(attempt, said, response.item, open);
}

/** Give the error of a false condition, by what the write was told and the item that came back. */
export function conditionFailed(
  attempt: Attempt,
  said: ErrorFields,
  item: WireItem | undefined,
  open: Open | undefined,
): DynamORMError {
  const { codec, guard } = attempt;
  const fields = item === undefined ? said : { ...said, item: () => codec.decodeItem(item, open) };
  const mustExist = guard.kind === "exists" || guard.kind === "version" || guard.kind === "unversioned";
  if (item === undefined && mustExist) {
    return new ItemNotFound("there is no item with this key", fields);
  }
  const kind = kindOf(attempt, item);
  return new ConditionFailed(KIND_FACTS[kind ?? "none"], { ...fields, kind });
}

const KIND_FACTS: Record<ErrorKind | "none", string> = {
  AlreadyExists: "an item with this key exists already",
  VersionConflict: "the stored item has another version than the one expected",
  none: "the condition was false",
};

function kindOf({ codec, guard, conditional }: Attempt, item: WireItem | undefined): ErrorKind | undefined {
  if (guard.kind === "absent") {
    return conditional ? undefined : "AlreadyExists";
  }
  if (item === undefined || (guard.kind !== "version" && guard.kind !== "unversioned")) {
    return undefined;
  }
  const stored = storedVersion(codec, item);
  const expected = guard.kind === "version" ? String(guard.version) : undefined;
  const same =
    stored === undefined || expected === undefined
      ? stored === expected
      : compareNumbers(stored, expected) === 0;
  return same ? undefined : "VersionConflict";
}

function storedVersion(codec: ModelCodec, item: WireItem): string | undefined {
  const stored = item[versionOf(codec.model.version).name];
  return stored !== undefined && "N" in stored ? stored.N : undefined;
}
