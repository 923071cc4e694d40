/** A model's compiled plan: whole items, keys and single values ↔ DynamoDB JSON, with the errors that users see. */

import { ERROR_CLASSES, InvalidEncryptedEnvelope, ItemTooLarge } from "../errors/catalogue.ts";
import type { DynamORMError } from "../errors/error.ts";
import { formatPath, type Segment } from "../errors/path.ts";
import { ITEM_SIZE_MAX_BYTES } from "../generated/limits.ts";
import type { Attribute, Composed, Discriminator, Model } from "../schema/model.ts";
import type { AnyDefinition, Input, Item } from "../schema/types.ts";
import { compareUtf8, quote } from "../text/utf8.ts";
import { UNTYPED } from "./collection.ts";
import { compose, missingPart, type WireTexts } from "./compose.ts";
import { attributeCodec, plainCodec } from "./converter.ts";
import { type AttributeCodec, isRecord, Members, read, type Stamps } from "./members.ts";
import { asItIs, type Draft, type KeyValues, markOf, type Open, Seal } from "./seal.ts";
import { leaves, settle } from "./settle.ts";
import { itemSize } from "./size.ts";
import { type AttributeValue, kindOf, refuse, ValueFault, type Wire, type WireItem } from "./value.ts";

/** The compiled codec of a model. */
export class ModelCodec {
  readonly model: Model<AnyDefinition>;
  /** The encrypted attributes by the bytes of their names; none where there is no key for them. */
  readonly sealed: readonly Attribute[];
  /** The first encrypted attribute that is neither written nor read, for there is no key. */
  readonly locked: Attribute | undefined;
  readonly #makeCodec: typeof attributeCodec;
  readonly #members: Members;
  readonly #keys: Members;
  #tableKeys: Members | undefined;
  readonly #codecs = new Map<Attribute, AttributeCodec>();
  /** What the library writes and no value has: composed attributes and the discriminator. */
  readonly own: ReadonlySet<string>;
  /** The composed keys of indexes. */
  readonly indexKeys: readonly Composed[];

  constructor(model: Model<AnyDefinition>, hasKey = false) {
    this.model = model;
    const { keys, keyFields, composed, discriminator } = model;
    const encrypted = [...model.attributes.values()].filter((attribute) => attribute.encrypted);
    this.sealed = hasKey ? encrypted.toSorted((left, right) => compareUtf8(left.name, right.name)) : [];
    this.locked = hasKey ? undefined : encrypted[0];
    this.#makeCodec = hasKey ? plainCodec : attributeCodec;
    this.#members = new Members(model.attributes, this.#makeCodec, keyFields);
    this.#keys = new Members(new Map(keyFields.map((key) => [key.name, key])), attributeCodec, keyFields);
    this.own = new Set([
      ...composed.map(({ attribute }) => attribute.name),
      ...(discriminator === undefined ? [] : [discriminator.attribute]),
    ]);
    this.indexKeys = composed.filter(({ attribute }) => !keys.includes(attribute));
  }

  /**
   * Write a whole item as the JSON text of its wire map.
   *
   * @param stamps what the library writes itself, instead of what the caller gave
   * @throws {ValidationFailed | MissingPrimaryKey | ItemTooLarge | EncryptionNotConfigured}
   */
  encodeItem(value: unknown, stamps?: Stamps): string {
    const text = writing(() =>
      this.own.size === 0
        ? this.#members.encode(recordOf(value), 1, stamps)
        : wireText(this.#encodeOwn(recordOf(value), stamps)),
    );
    checkItemSize(text);
    return text;
  }

  /** Write a whole item as `encodeItem`, of which the encrypted values are still to be sealed. */
  draftItem(value: unknown, stamps?: Stamps): Draft {
    if (this.sealed.length === 0) {
      return { text: this.encodeItem(value, stamps), seals: [] };
    }
    const texts = new Map(writing(() => this.#encodeOwn(recordOf(value), stamps)));
    checkItemSize(wireText(texts));
    const key = this.keyValues((name) => texts.get(name) ?? "");
    const seals: Seal[] = [];
    for (const { name } of this.sealed) {
      const text = texts.get(name);
      if (text !== undefined) {
        const seal = this.sealOf(name, text, key);
        seals.push(seal);
        texts.set(name, markOf(seal.number));
      }
    }
    return { text: wireText(texts), seals };
  }

  /** Ask for the value of an encrypted attribute to be sealed. */
  sealOf(name: string, plaintext: string, key: KeyValues): Seal {
    const number = this.sealed.findIndex((attribute) => attribute.name === name);
    return new Seal(this.homeOf(name, key), number, plaintext);
  }

  /** Tell where the value of an encrypted attribute belongs. */
  homeOf(name: string, key: KeyValues): Seal["home"] {
    const { name: model, namespace, attributes } = this.model;
    const { boundAs } = attributes.get(name) ?? {};
    return { name, namespace, model: boundAs?.model ?? model, attribute: boundAs?.attribute ?? name, key };
  }

  /** Give the values of the table's key, from the JSON text of each. */
  keyValues(textOf: (name: string) => string): KeyValues {
    return this.model.keys.map(({ name }) => [name, JSON.parse(textOf(name)) as AttributeValue]);
  }

  /** Write an item with its composed keys and its discriminator. */
  #encodeOwn(value: object, stamps: Stamps | undefined): (readonly [string, string])[] {
    this.#refuseOwn(value);
    const texts = new Map<string, string>();
    this.#members.encode(value, 1, stamps, texts);
    const keys = [...this.#composeKey(texts)].filter(([name]) => !texts.has(name));
    const indexKeys = this.indexKeys
      .filter((composed) => missingPart(composed, texts) === undefined)
      .map((composed) => [composed.attribute.name, compose(composed, texts)] as const);
    const { discriminator } = this.model;
    const mark =
      discriminator === undefined ? [] : [[discriminator.attribute, markText(discriminator)] as const];
    return [...texts, ...keys, ...indexKeys, ...mark];
  }

  /** Give the key attributes as the table has them, from the texts of their parts. */
  #composeKey(texts: WireTexts): WireTexts {
    return new Map(
      this.model.keys.map((key) => {
        const composed = this.model.composed.find(({ attribute }) => attribute === key);
        return [key.name, composed === undefined ? (texts.get(key.name) ?? "") : compose(composed, texts)];
      }),
    );
  }

  #refuseOwn(value: object): void {
    for (const name of this.own) {
      if (Object.hasOwn(value, name) && (value as Record<string, unknown>)[name] !== undefined) {
        throw new ValueFault("the library writes this attribute", undefined, [name]);
      }
    }
  }

  /**
   * Write the key of a key object or of a whole value.
   *
   * @throws {ValidationFailed | MissingPrimaryKey}
   */
  encodeKey(value: unknown): string {
    return wireText([...writing(() => this.#composeKey(this.#keyTexts(recordOf(value))))]);
  }

  /**
   * Write the key as the table has it, and the attributes that it is made of.
   *
   * @throws {ValidationFailed | MissingPrimaryKey}
   */
  encodeBoth(value: unknown): { readonly text: string; readonly fields: WireTexts } {
    return writing(() => {
      const fields = this.#keyTexts(recordOf(value));
      return { text: wireText([...this.#composeKey(fields)]), fields };
    });
  }

  /** Read the attributes that a key is made of, as callers give them. */
  decodeKeyFields(fields: WireTexts): Record<string, unknown> {
    return this.decodePartial(JSON.parse(wireText(fields)) as WireItem);
  }

  /** Read the key as the table has it: a composed one is its text. @throws {DecodeFailed} */
  decodeKeys(item: WireItem): Record<string, unknown> {
    this.#tableKeys ??= new Members(new Map(this.model.keys.map((key) => [key.name, key])), attributeCodec);
    const members = this.#tableKeys;
    return this.#reading(() => members.decode(item));
  }

  /** Write the attributes that the key is made of: plain ones, and the parts of composed ones. */
  encodeKeyFields(value: unknown): WireTexts {
    return writing(() => this.#keyTexts(recordOf(value)));
  }

  #keyTexts(value: object): WireTexts {
    this.#refuseOwn(value);
    const texts = new Map<string, string>();
    this.#keys.encode(this.#keyOf(value), 1, undefined, texts);
    return texts;
  }

  #keyOf(value: object): object {
    const source = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(this.model.keyFields.map(({ property }) => [property, read(source, property)]));
  }

  /** Read a whole item; `open` opens encrypted values. @throws {DecodeFailed | EncryptionNotConfigured} */
  decodeItem(item: WireItem, open?: Open): Record<string, unknown> {
    return this.#reading(() => {
      this.#checkMark(item);
      return this.#members.decode(item, this.#opener(open));
    });
  }

  /** Read an item that the library itself wrote, by the JSON text of its plain values. */
  decodeWritten(text: string): Record<string, unknown> {
    return this.decodeItem(JSON.parse(text) as WireItem, asItIs);
  }

  /** An envelope that nobody opened is never taken for a value. */
  #opener(open: Open | undefined): Open | undefined {
    return this.sealed.length === 0 ? undefined : (open ?? unopened);
  }

  /**
   * Read what a selection gave: the discriminator is checked, and `shown` where it was selected; attributes that are `hidden`
   * are read as any other, and left out.
   */
  decodeSelected(
    item: WireItem,
    { shown, hidden }: { readonly shown: boolean; readonly hidden: readonly string[] },
    open?: Open,
  ): Record<string, unknown> {
    return this.#reading(() => {
      this.#checkMark(item);
      const { discriminator } = this.model;
      const mark =
        shown && discriminator !== undefined ? { [discriminator.attribute]: discriminator.value } : {};
      const members = this.#members.decodePartial(item, this.#opener(open));
      const left = new Set(hidden.map((name) => this.model.attributes.get(name)?.property));
      return {
        ...mark,
        ...Object.fromEntries(Object.entries(members).filter(([property]) => !left.has(property))),
      };
    });
  }

  /** Refuse an item of another model. @throws {DecodeFailed} */
  checkMark(item: WireItem): void {
    this.#reading(() => {
      this.#checkMark(item);
    });
  }

  /** Tell whether an item is one of this model. */
  owns(item: WireItem): boolean {
    const { discriminator } = this.model;
    if (discriminator === undefined) {
      return true;
    }
    const stored = item[discriminator.attribute] as { readonly S?: string } | null | undefined;
    return stored?.S === discriminator.value;
  }

  #checkMark(item: WireItem): void {
    const { discriminator } = this.model;
    if (discriminator !== undefined && !this.owns(item)) {
      throw new ValueFault("not an item of this model", undefined, [discriminator.attribute]);
    }
  }

  /** Read what a projection gave of an item. @throws {DecodeFailed | EncryptionNotConfigured} */
  decodePartial(item: WireItem, open?: Open): Record<string, unknown> {
    return this.#reading(() => this.#members.decodePartial(item, this.#opener(open)));
  }

  #reading<T>(work: () => T): T {
    try {
      return work();
    } catch (fault) {
      throw translate(fault, "DecodeFailed", `${this.model.name}: `);
    }
  }

  /**
   * Write one value of an attribute, or of a place that is not typed.
   *
   * @param stored whether the value is to be stored, so that the rules of `omit_empty` and of keys hold
   * @returns undefined for what is never stored: the empty set, and what `omit_empty` leaves out
   * @throws {ValidationFailed | EncryptionNotConfigured}
   */
  encodeValue(
    attribute: Attribute | undefined,
    value: unknown,
    path: readonly Segment[],
    stored = false,
  ): string | undefined {
    return writing(() => {
      if (value === null || value === undefined) {
        return '{"NULL":true}';
      }
      if (stored && attribute !== undefined && leaves(attribute, value)) {
        return undefined;
      }
      const text = (attribute === undefined ? UNTYPED : this.#codec(attribute)).encode(value, path.length);
      return attribute === undefined || !stored ? text : settle(attribute, text);
    }, path);
  }

  #codec(attribute: Attribute): AttributeCodec {
    let codec = this.#codecs.get(attribute);
    if (codec === undefined) {
      codec = this.#makeCodec(attribute);
      this.#codecs.set(attribute, codec);
    }
    return codec;
  }
}

/** Give the wire value of a discriminator as JSON text. */
export function markText({ value }: Discriminator): string {
  return `{"S":${quote(value) ?? '""'}}`;
}

function wireText(texts: Iterable<readonly [string, string]>): string {
  return `{${[...texts].map(([name, text]) => `${quote(name) ?? '""'}:${text}`).join(",")}}`;
}

function recordOf(value: unknown): object {
  return isRecord(value) ? value : refuse(`expected an object, found ${kindOf(value)}`);
}

/** Do what writes values, and turn its faults into errors; `path` is the way to the value. */
export function writing<T>(work: () => T, path: readonly Segment[] = []): T {
  try {
    return work();
  } catch (fault) {
    throw translate(fault, "ValidationFailed", "", path);
  }
}

function translate(
  fault: unknown,
  code: "ValidationFailed" | "DecodeFailed",
  prefix: string,
  path: readonly Segment[] = [],
): unknown {
  if (!(fault instanceof ValueFault)) {
    return fault;
  }
  const segments = [...path, ...fault.segments];
  const made: DynamORMError = new ERROR_CLASSES[fault.code ?? code](prefix + fault.fact, {
    path: segments.length === 0 ? undefined : formatPath(segments),
  });
  return made;
}

function unopened(_wire: Wire, { name }: Attribute): never {
  throw new InvalidEncryptedEnvelope("the envelope was not opened", { path: formatPath([name]) });
}

/** Refuse an item that is too large. A wire value's text is at least a third as long as its size, so most need no count. */
export function checkItemSize(text: string): void {
  if (text.length * 3 > ITEM_SIZE_MAX_BYTES && itemSize(JSON.parse(text) as WireItem) > ITEM_SIZE_MAX_BYTES) {
    throw new ItemTooLarge(`an item has at most ${ITEM_SIZE_MAX_BYTES} bytes`);
  }
}

const codecs = new WeakMap<object, ModelCodec>();
const keyed = new WeakMap<object, ModelCodec>();

/** Give the compiled codec of a model; compiling happens once. `hasKey` tells whether encrypted attributes are for use. */
export function codecOf(model: Model<AnyDefinition>, hasKey = false): ModelCodec {
  const known = hasKey ? keyed : codecs;
  let codec = known.get(model);
  if (codec === undefined) {
    const isOpen = hasKey && [...model.attributes.values()].some(({ encrypted }) => encrypted);
    codec = hasKey && !isOpen ? codecOf(model) : new ModelCodec(model, isOpen);
    known.set(model, codec);
  }
  return codec;
}

/**
 * Write a value as DynamoDB JSON, as every operation does.
 *
 * @throws {ValidationFailed | MissingPrimaryKey | ItemTooLarge | EncryptionNotConfigured}
 * @example
 * marshalItem(Note, { owner: "ada", id: "1" }) // { id: { S: "1" }, owner: { S: "ada" } }
 */
export function marshalItem<D extends AnyDefinition>(model: Model<D>, value: Input<D>): WireItem {
  return JSON.parse(codecOf(model).encodeItem(value)) as WireItem;
}

/**
 * Read an item of DynamoDB JSON, as every operation does; attributes that the model does not know are ignored.
 *
 * @throws {DecodeFailed | EncryptionNotConfigured}
 */
export function unmarshalItem<D extends AnyDefinition>(model: Model<D>, item: WireItem): Item<D> {
  return codecOf(model).decodeItem(item) as Item<D>;
}
