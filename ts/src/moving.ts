/**
 * What becomes of an item that moves: the item as it is, with envelopes opened and sealed anew where the models bind them
 * otherwise, or what a transform made of it. It asks for nothing: keys and clocks are its caller's.
 */

import { canonicalValue } from "./codec/equal.ts";
import { checkItemSize, codecOf, type ModelCodec } from "./codec/item.ts";
import { asItIs, type Draft, markOf, type Open, plainText, type Seal } from "./codec/seal.ts";
import { type AttributeValue, isNull, type WireItem } from "./codec/value.ts";
import { hasEnvelopeNames } from "./encryption/field.ts";
import { DecodeFailed } from "./errors/catalogue.ts";
import { DynamORMError } from "./errors/error.ts";
import { formatPath } from "./errors/path.ts";
import { type Attribute, Model, type ModelParts } from "./schema/model.ts";
import type { AnyDefinition } from "./schema/types.ts";
import { textOf } from "./stream/change.ts";
import { canonicalJson, setOwn } from "./text/json.ts";

type AnyModel = Model<AnyDefinition>;

/** How items of one model become items of a table. */
export interface Move {
  /** Its sealed attributes are opened. */
  readonly source: ModelCodec;
  /** Its sealed attributes are sealed; it knows the keys of the target. */
  readonly target: ModelCodec;
  /** Leaves out items of other models; undefined for all. */
  readonly own: AnyModel | undefined;
  /** Make a stored item's draft for the target; undefined skips it. @throws {DynamORMError | TransformFault} */
  draft(item: WireItem, open: Open): Promise<Draft | undefined>;
}

/** A transform failed; the cause is what it threw. */
export class TransformFault extends Error {}

/** Move every item as it is, of whatever model. */
export function backupMove(model: AnyModel): Move {
  const codec = codecOf(without(model, ({ encrypted }) => encrypted));
  const draft = (item: WireItem): Promise<Draft> =>
    Promise.resolve({ text: JSON.stringify(item), seals: [] });
  return { source: codec, target: codec, own: undefined, draft };
}

/** Move items as they are, provided that the target's model reads them. `codecFor` gives codecs with the client's keys. */
export function rawMove(source: AnyModel, target: AnyModel, codecFor: (model: AnyModel) => ModelCodec): Move {
  const alike = boundAlike(source, target);
  const from = codecFor(without(source, ({ name }) => alike.has(name)));
  const to = codecFor(without(target, ({ name }) => alike.has(name)));
  const demanded = [...alike].filter((name) => target.attributes.get(name)?.required === true);
  return {
    source: from,
    target: to,
    own: source,
    // A promise of its own, so that what it throws is a rejection.
    draft: (item, open) =>
      Promise.resolve().then(() => {
        const plain = opened(from, item, open);
        to.decodeItem(plain, asItIs);
        for (const name of demanded) {
          if (valueAt(plain, name) === undefined) {
            throw new DecodeFailed(`${target.name}: expected an envelope, found nothing`, {
              path: formatPath([name]),
            });
          }
        }
        return sealedAnew(to, plain, item);
      }),
  };
}

/** Move what a transform makes of values, with what neither model knows beside it. */
export function transformMove(
  source: ModelCodec,
  target: ModelCodec,
  transform: (value: unknown) => unknown,
): Move {
  const known = new Set([...namesOf(source.model), ...namesOf(target.model)]);
  return {
    ...{ source, target, own: source.model },
    async draft(item, open) {
      const value = source.decodeItem(item, open);
      const made = await transformed(transform, value);
      if (made === undefined || made === null) {
        return undefined;
      }
      const { text, seals } = target.draftItem(made);
      const others = Object.entries(item).filter(([name]) => !known.has(name));
      const draft = { text: joined(text, others.map(memberText)), seals };
      checkItemSize(plainText(draft));
      return draft;
    },
  };
}

async function transformed(transform: (value: unknown) => unknown, value: unknown): Promise<unknown> {
  try {
    return await transform(value);
  } catch (error) {
    throw new TransformFault("the transform failed", { cause: error });
  }
}

function memberText([name, value]: readonly [string, AttributeValue]): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
}

/** Put members behind those of an object's text. */
function joined(text: string, members: readonly string[]): string {
  const own = text.slice(1, -1);
  return `{${[...(own === "" ? [] : [own]), ...members].join(",")}}`;
}

/** Name everything that a model declares, what it writes itself included. */
function namesOf({ attributes, composed, discriminator }: AnyModel): readonly string[] {
  const own = composed.map(({ attribute }) => attribute.name);
  return [...attributes.keys(), ...own, ...(discriminator === undefined ? [] : [discriminator.attribute])];
}

/** Give a model that does not declare some of its attributes. */
function without(model: AnyModel, leaves: (attribute: Attribute) => boolean): AnyModel {
  const attributes = new Map([...model.attributes].filter(([, attribute]) => !leaves(attribute)));
  return attributes.size === model.attributes.size ? model : changed(model, { attributes });
}

/** Give a model that is the same but for some parts. */
function changed(model: AnyModel, parts: Partial<ModelParts>): AnyModel {
  const { name, namespace, tableName, partition, sort, attributes } = model;
  const { composed, discriminator, indexes, views, document } = model;
  const table = { name, namespace, tableName, partition, sort, attributes };
  return new Model<AnyDefinition>({
    ...table,
    ...{ composed, discriminator, indexes, views, document },
    ...parts,
  });
}

/** Name the attributes whose envelopes open under both models. */
function boundAlike(source: AnyModel, target: AnyModel): ReadonlySet<string> {
  const [from, to] = [codecOf(source, true), codecOf(target, true)];
  const keysOf = ({ keys }: AnyModel): string => JSON.stringify(keys.map(({ name }) => name));
  const isAlike = ({ name }: Attribute): boolean =>
    target.attributes.get(name)?.encrypted === true &&
    JSON.stringify(from.homeOf(name, [])) === JSON.stringify(to.homeOf(name, []));
  const names = keysOf(source) === keysOf(target) ? from.sealed.filter(isAlike) : [];
  return new Set(names.map(({ name }) => name));
}

/** Give the value of an attribute; NULL is none. */
function valueAt(item: WireItem, name: string): AttributeValue | undefined {
  const value = Object.hasOwn(item, name) ? item[name] : undefined;
  return value === undefined || isNull(value) ? undefined : value;
}

/** Give an item with its envelopes opened. */
function opened({ sealed }: ModelCodec, item: WireItem, open: Open): WireItem {
  if (sealed.length === 0) {
    return item;
  }
  const plain: Record<string, unknown> = { ...item };
  for (const attribute of sealed) {
    const stored = valueAt(item, attribute.name);
    if (stored !== undefined) {
      setOwn(plain, attribute.name, open(stored, attribute));
    }
  }
  return plain as unknown as WireItem;
}

/** Draft an item whose values are plain. */
function sealedAnew(target: ModelCodec, plain: WireItem, stored: WireItem): Draft {
  const secret = target.sealed.filter(({ name }) => valueAt(plain, name) !== undefined);
  if (secret.length === 0) {
    return { text: JSON.stringify(plain), seals: [] };
  }
  const key = target.keyValues((name) => JSON.stringify(valueAt(plain, name) ?? noKey(name)));
  const seals = new Map<string, Seal>();
  for (const { name } of secret) {
    const value = plain[name] ?? noKey(name);
    // What was in an envelope is sealed as it is; what was stored plain as the codec would have written it.
    const written = value === stored[name] ? canonicalValue(value) : value;
    seals.set(name, target.sealOf(name, canonicalJson(written), key));
  }
  const members = Object.entries(plain).map(([name, value]) => {
    const seal = seals.get(name);
    return seal === undefined ? memberText([name, value]) : `${JSON.stringify(name)}:${markOf(seal.number)}`;
  });
  return { text: joined("{}", members), seals: [...seals.values()] };
}

function noKey(name: string): never {
  throw new DecodeFailed("an item without its key", { path: formatPath([name]) });
}

/**
 * Tell whether an item is stored already: each attribute by the text that the codec would write, one that was sealed anew by
 * any envelope, unknown ones by their values.
 */
export function isPresent(codec: ModelCodec, draft: Draft, there: WireItem): boolean {
  const ours = JSON.parse(plainText(draft)) as WireItem;
  const sealed = new Set(codec.sealed.map(({ name }) => name));
  const names = new Set([...Object.keys(ours), ...Object.keys(there)]);
  return [...names].every((name) => {
    const [own, other] = [valueAt(ours, name), valueAt(there, name)];
    if (own === undefined || other === undefined || !sealed.has(name)) {
      return textAt(codec, name, own) === textAt(codec, name, other);
    }
    return hasEnvelopeNames(other);
  });
}

function textAt(codec: ModelCodec, name: string, value: AttributeValue | undefined): string | undefined {
  const attribute = codec.model.attributes.get(name);
  if (value === undefined) {
    return undefined;
  }
  if (attribute !== undefined) {
    try {
      const member = codec.decodePartial({ [name]: value })[attribute.property] ?? null;
      return member === null ? undefined : textOf(codec, name, member);
    } catch (error) {
      if (!(error instanceof DynamORMError)) {
        throw error;
      }
    }
  }
  return canonicalJson(canonicalValue(value));
}

/** Give of an item's key what can be read. */
export function keyOf({ model }: ModelCodec, item: WireItem): Readonly<Record<string, unknown>> {
  const key: Record<string, unknown> = {};
  for (const attribute of model.keys) {
    const alone = changed(model, { partition: attribute, sort: undefined });
    try {
      Object.assign(key, codecOf(alone).decodeKeys(item));
    } catch (error) {
      if (!(error instanceof DynamORMError)) {
        throw error;
      }
    }
  }
  return key;
}
