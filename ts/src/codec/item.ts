/** A model's compiled plan: whole items, keys and single values ↔ DynamoDB JSON, with the errors that users see. */

import { ERROR_CLASSES, ItemTooLarge } from "../errors/catalogue.ts";
import type { DynamORMError } from "../errors/error.ts";
import { formatPath, type Segment } from "../errors/path.ts";
import { ITEM_SIZE_MAX_BYTES } from "../generated/limits.ts";
import type { Attribute, Model } from "../schema/model.ts";
import type { AnyDefinition, Input, Item } from "../schema/types.ts";
import { UNTYPED } from "./collection.ts";
import { attributeCodec } from "./converter.ts";
import { type AttributeCodec, isRecord, Members, type Stamps } from "./members.ts";
import { leaves, settle } from "./settle.ts";
import { itemSize } from "./size.ts";
import { kindOf, refuse, ValueFault, type WireItem } from "./value.ts";

/** The compiled codec of a model. */
export class ModelCodec {
  readonly model: Model<AnyDefinition>;
  readonly #members: Members;
  readonly #keys: Members;
  readonly #codecs = new Map<Attribute, AttributeCodec>();

  constructor(model: Model<AnyDefinition>) {
    this.model = model;
    this.#members = new Members(model.attributes, attributeCodec);
    this.#keys = new Members(new Map(model.keys.map((key) => [key.name, key])), attributeCodec);
  }

  /**
   * Write a whole item as the JSON text of its wire map.
   *
   * @param stamps what the library writes itself, instead of what the caller gave
   * @throws {ValidationFailed | MissingPrimaryKey | ItemTooLarge | EncryptionNotConfigured}
   */
  encodeItem(value: unknown, stamps?: Stamps): string {
    const text = writing(() => this.#members.encode(recordOf(value), 1, stamps));
    checkSize(text);
    return text;
  }

  /**
   * Write the key of a key object or of a whole value.
   *
   * @throws {ValidationFailed | MissingPrimaryKey}
   */
  encodeKey(value: unknown): string {
    return writing(() => this.#keys.encode(this.#keyOf(recordOf(value)), 1));
  }

  #keyOf(value: object): object {
    const source = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(this.model.keys.map(({ property }) => [property, source[property]]));
  }

  /** Read a whole item. @throws {DecodeFailed | EncryptionNotConfigured} */
  decodeItem(item: WireItem): Record<string, unknown> {
    return this.#reading(() => this.#members.decode(item));
  }

  /** Read what a projection gave of an item. @throws {DecodeFailed | EncryptionNotConfigured} */
  decodePartial(item: WireItem): Record<string, unknown> {
    return this.#reading(() => this.#members.decodePartial(item));
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
        return encodeNull(attribute);
      }
      if (stored && attribute !== undefined && leaves(attribute, value)) {
        return undefined;
      }
      const text = (attribute === undefined ? UNTYPED : this.#codec(attribute)).encode(value, 1);
      return attribute === undefined || !stored ? text : settle(attribute, text);
    }, path);
  }

  #codec(attribute: Attribute): AttributeCodec {
    let codec = this.#codecs.get(attribute);
    if (codec === undefined) {
      codec = attributeCodec(attribute);
      this.#codecs.set(attribute, codec);
    }
    return codec;
  }
}

function encodeNull(attribute: Attribute | undefined): string {
  return attribute === undefined || attribute.type === "NULL"
    ? '{"NULL":true}'
    : refuse(`expected a value of ${attribute.type}, found null`);
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

/** A wire value's text is at least a third as long as its size, so most items need no count. */
function checkSize(text: string): void {
  if (text.length * 3 > ITEM_SIZE_MAX_BYTES && itemSize(JSON.parse(text) as WireItem) > ITEM_SIZE_MAX_BYTES) {
    throw new ItemTooLarge(`an item has at most ${ITEM_SIZE_MAX_BYTES} bytes`);
  }
}

const codecs = new WeakMap<object, ModelCodec>();

/** Give the compiled codec of a model; compiling happens once. */
export function codecOf(model: Model<AnyDefinition>): ModelCodec {
  let codec = codecs.get(model);
  if (codec === undefined) {
    codec = new ModelCodec(model);
    codecs.set(model, codec);
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
