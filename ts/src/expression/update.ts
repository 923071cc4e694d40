/** Changes → the clauses of an update expression, with what the library owns after what the caller asked for. */

import { compose, missingPart } from "../codec/compose.ts";
import { markText, type ModelCodec, writing } from "../codec/item.ts";
import { addendFormat, PLAIN_NUMBER } from "../codec/number.ts";
import { markOf } from "../codec/seal.ts";
import { refuse, refuseKind } from "../codec/value.ts";
import { InvalidOperator, ValidationFailed } from "../errors/catalogue.ts";
import { type Composed, placeAt } from "../schema/model.ts";
import { negate } from "../text/decimal.ts";
import { checkFit, checkReadable, isEncrypted, typedAt } from "./fit.ts";
import { type Action, ACTION_KINDS, type ActionKind, type Owned } from "./node.ts";
import { contains, type PathSegments, pathText } from "./path.ts";
import type { Placeholders } from "./placeholder.ts";

type Clause = "SET" | "REMOVE" | "ADD" | "DELETE";

/** One action of a clause; its text is written when its turn comes, so that placeholders count in order. */
interface Part {
  readonly clause: Clause;
  readonly text: (names: Placeholders) => string;
  /** The attribute that is set as a whole to this wire value, as JSON text. */
  readonly assigned?: readonly [attribute: string, text: string];
  /** The attribute that is removed as a whole. */
  readonly removed?: string;
}

/** Write an update. @throws {ValidationFailed | InvalidOperator | EncryptedFieldNotQueryable | EncryptionNotConfigured} */
export function updateText(
  codec: ModelCodec,
  names: Placeholders,
  actions: readonly Action[],
  owned: Owned,
): string {
  if (actions.length === 0) {
    throw new ValidationFailed("an update of nothing");
  }
  const ordered = ACTION_KINDS.flatMap((kind) => actions.filter((action) => action.kind === kind));
  const parts = ordered.map((action) => partOf(codec, action));
  checkOverlap(ordered);
  parts.push(...followers(codec, actions, parts, owned), ...ownedParts(owned));
  return (["SET", "REMOVE", "ADD", "DELETE"] as const)
    .map((clause) => clauseText(names, clause, parts))
    .filter((text) => text !== "")
    .join(" ");
}

function clauseText(names: Placeholders, clause: Clause, parts: readonly Part[]): string {
  const texts = parts.filter((part) => part.clause === clause).map((part) => part.text(names));
  return texts.length === 0 ? "" : `${clause} ${texts.join(", ")}`;
}

function checkAction(codec: ModelCodec, { kind, path, operand }: Action): void {
  const { model } = codec;
  const top = model.attributes.get(String(path[0]));
  const fields = { path: pathText(path) };
  if (codec.own.has(String(path[0])) || (top !== undefined && model.keyFields.includes(top))) {
    throw new ValidationFailed("an update cannot change a key", fields);
  }
  if (top !== undefined && [model.createdAt, model.updatedAt, model.version].includes(top)) {
    throw new ValidationFailed("the library keeps this attribute", fields);
  }
  if (!((kind === "set" || kind === "remove") && path.length === 1 && operand.kind === "value")) {
    checkReadable(codec, path);
  }
  if (kind !== "remove" && placeAt(model, path).kind === "unknown") {
    throw new ValidationFailed("the model does not know this path", fields);
  }
}

function checkOverlap(actions: readonly Action[]): void {
  actions.forEach(({ path }, index) => {
    const other = actions
      .slice(0, index)
      .find((earlier) => contains(earlier.path, path) || contains(path, earlier.path));
    if (other !== undefined) {
      throw new ValidationFailed("two changes of one update overlap", { path: pathText(path) });
    }
  });
}

type PartMaker = (codec: ModelCodec, action: Action) => Part;

const PARTS: Record<ActionKind, PartMaker> = {
  set: setPart,
  setIfAbsent: setIfAbsentPart,
  add: (codec, action) => addPart(codec, action, (text) => text),
  subtract: (codec, action) => addPart(codec, action, negate),
  append: (codec, action) => listPart(codec, action, true),
  prepend: (codec, action) => listPart(codec, action, false),
  copy: referencePart,
  remove: removePart,
  addToSet: (codec, action) => memberPart(codec, action, "ADD"),
  deleteFromSet: (codec, action) => memberPart(codec, action, "DELETE"),
};

/** Check an action whole, so that of several the first that is wrong is told. */
function partOf(codec: ModelCodec, action: Action): Part {
  checkAction(codec, action);
  return PARTS[action.kind](codec, action);
}

function setPart(codec: ModelCodec, action: Action): Part {
  const { path, operand } = action;
  if (operand.kind !== "value") {
    return referencePart(codec, action);
  }
  if (operand.value === null) {
    return removePart(codec, action);
  }
  const text = codec.encodeValue(typedAt(codec, path), operand.value, path, true);
  if (text === undefined) {
    return removePart(codec, action);
  }
  return isEncrypted(codec, path) ? sealing(codec, String(path[0]), text) : assignment(path, text);
}

function sealing(codec: ModelCodec, name: string, plaintext: string): Part {
  const mark = markOf(codec.sealed.findIndex((attribute) => attribute.name === name));
  return {
    clause: "SET",
    text: (names) => `${names.path([name])} = ${names.seal(name, plaintext, mark)}`,
  };
}

function assignment(path: PathSegments, text: string): Part {
  const [name] = path;
  return {
    clause: "SET",
    text: (names) => `${names.path(path)} = ${names.value(text)}`,
    ...(path.length === 1 && typeof name === "string" ? { assigned: [name, text] as const } : {}),
  };
}

function setIfAbsentPart(codec: ModelCodec, action: Action): Part {
  const { path } = action;
  const text =
    codec.encodeValue(typedAt(codec, path), valueOf(action), path, true) ??
    writing(() => refuse("an empty value cannot be set where there is none"), path);
  return {
    clause: "SET",
    text: (names) => `${names.path(path)} = if_not_exists(${names.path(path)}, ${names.value(text)})`,
  };
}

function addPart(codec: ModelCodec, action: Action, sign: (text: string) => string): Part {
  const { path } = action;
  checkFit(codec, path, "add");
  const value = valueOf(action);
  const attribute = typedAt(codec, path);
  const format = attribute === undefined ? PLAIN_NUMBER : addendFormat(attribute);
  const text = `{"N":"${sign(writing(() => format.write(value), path))}"}`;
  if (path.length === 1) {
    return { clause: "ADD", text: (names) => `${names.path(path)} ${names.value(text)}` };
  }
  return {
    clause: "SET",
    text(names) {
      const name = names.path(path);
      return `${name} = if_not_exists(${name}, ${names.value('{"N":"0"}')}) + ${names.value(text)}`;
    },
  };
}

function listPart(codec: ModelCodec, action: Action, atEnd: boolean): Part {
  const { path } = action;
  checkFit(codec, path, "append");
  const value = valueOf(action);
  const text =
    codec.encodeValue(
      typedAt(codec, path),
      Array.isArray(value) ? value : writing(() => refuseKind("an array", value), path),
      path,
    ) ?? "";
  return {
    clause: "SET",
    text(names) {
      const name = names.path(path);
      const empty = (): string => `if_not_exists(${name}, ${names.value('{"L":[]}')})`;
      const operands = atEnd ? [empty, () => names.value(text)] : [() => names.value(text), empty];
      return `${name} = list_append(${operands.map((operand) => operand()).join(", ")})`;
    },
  };
}

function memberPart(codec: ModelCodec, action: Action, clause: "ADD" | "DELETE"): Part {
  const { path } = action;
  checkFit(codec, path, "set");
  const value = valueOf(action);
  const text =
    codec.encodeValue(
      typedAt(codec, path),
      value instanceof Set ? value : writing(() => refuseKind("a Set", value), path),
      path,
    ) ?? writing(() => refuse("an empty set has nothing to add or delete"), path);
  return { clause, text: (names) => `${names.path(path)} ${names.value(text)}` };
}

function removePart(codec: ModelCodec, { path }: Action): Part {
  if (typedAt(codec, path)?.required === true) {
    throw new ValidationFailed("the attribute is required", { path: pathText(path) });
  }
  return removal(path);
}

function removal(path: PathSegments): Part {
  const [name] = path;
  return {
    clause: "REMOVE",
    text: (names) => names.path(path),
    ...(path.length === 1 && typeof name === "string" ? { removed: name } : {}),
  };
}

function referencePart(codec: ModelCodec, { path, operand }: Action): Part {
  if (operand.kind !== "path") {
    throw new InvalidOperator("an attribute is set to a value or another attribute", {
      path: pathText(path),
    });
  }
  checkReadable(codec, operand.path);
  return { clause: "SET", text: (names) => `${names.path(path)} = ${names.path(operand.path)}` };
}

/** Give the value of a change that takes neither an attribute nor null. */
function valueOf({ kind, path, operand }: Action): unknown {
  if (operand.kind !== "value") {
    throw new InvalidOperator(`${kind} takes a value`, { path: pathText(path) });
  }
  return operand.value ?? writing(() => refuseKind("a value", operand.value), path);
}

/** Give what follows from the changes: parts of the key and discriminator of an upsert, composed keys of indexes. */
function followers(
  codec: ModelCodec,
  actions: readonly Action[],
  changes: readonly Part[],
  owned: Owned,
): Part[] {
  if (owned.key === undefined) {
    return [];
  }
  const { keys, discriminator } = codec.model;
  const plain = new Set(keys.map(({ name }) => name));
  const fields = [...owned.key].filter(([name]) => !plain.has(name));
  const marks =
    discriminator === undefined ? [] : [[discriminator.attribute, markText(discriminator)] as const];
  const set = (texts: readonly (readonly [string, string])[]): Part[] =>
    owned.upsert === true ? texts.map(([name, text]) => assignment([name], text)) : [];
  const touched = new Set(actions.map(({ path }) => String(path[0])));
  const indexKeys = codec.indexKeys.flatMap((composed) =>
    indexKeyPart(codec, composed, touched, changes, owned),
  );
  return [...set(fields), ...indexKeys, ...set(marks)];
}

function indexKeyPart(
  { model }: ModelCodec,
  composed: Composed,
  touched: ReadonlySet<string>,
  changes: readonly Part[],
  owned: Owned,
): Part[] {
  const { attribute, parts } = composed;
  const changed = parts.filter((part) => touched.has(part));
  if (changes.some(({ removed }) => removed !== undefined && parts.includes(removed))) {
    return [removal([attribute.name])];
  }
  const assigned = new Map(changes.flatMap(({ assigned: pair }) => (pair === undefined ? [] : [pair])));
  const known = new Map([...(owned.key ?? []), ...assigned]);
  // The creation time of the stored item stays, where there is one.
  const stamped = owned.upsert === true ? parts.find((part) => part === model.createdAt?.name) : undefined;
  const missing = changed.find((part) => !assigned.has(part)) ?? missingPart(composed, known);
  if (stamped === undefined && changed.length === 0 && (owned.upsert !== true || missing !== undefined)) {
    return [];
  }
  if (stamped !== undefined || missing !== undefined) {
    throw new ValidationFailed(`${attribute.name} is composed of it: its parts are set together`, {
      path: pathText([stamped ?? missing ?? ""]),
    });
  }
  return [
    assignment(
      [attribute.name],
      writing(() => compose(composed, known)),
    ),
  ];
}

function ownedParts({ created, updated, version }: Owned): Part[] {
  const parts: Part[] = [];
  if (created !== undefined) {
    const path: PathSegments = [created[0]];
    parts.push({
      clause: "SET",
      text: (names) => `${names.path(path)} = if_not_exists(${names.path(path)}, ${names.value(created[1])})`,
    });
  }
  if (updated !== undefined) {
    parts.push(assignment([updated[0]], updated[1]));
  }
  if (version !== undefined) {
    parts.push({
      clause: "ADD",
      text: (names) => `${names.path([version[0]])} ${names.value(version[1])}`,
    });
  }
  return parts;
}
