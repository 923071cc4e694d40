/** What a record means for models: whose it is, its items, and which attributes changed. Keys for envelopes come in by `open`. */

import type { ModelCodec } from "../codec/item.ts";
import { read } from "../codec/members.ts";
import type { Open } from "../codec/seal.ts";
import type { WireItem } from "../codec/value.ts";
import { DecodeFailed } from "../errors/catalogue.ts";
import { DynamORMError } from "../errors/error.ts";
import { formatPath } from "../errors/path.ts";
import { canonicalJson } from "../text/json.ts";
import { compareUtf8 } from "../text/utf8.ts";
import type { ChangeKind, RawRecord } from "./record.ts";

/** A record of one model, before its images are read. */
export interface Routed {
  readonly codec: ModelCodec;
  readonly record: RawRecord;
  /** The images that are of the model. */
  readonly old: WireItem | undefined;
  readonly new: WireItem | undefined;
}

/** Tell which model a record is of: that of its new image, or of the old one; undefined where nobody knows it. */
export function route(codecs: readonly ModelCodec[], record: RawRecord): Routed | undefined {
  const image = record.new ?? record.old;
  const codec =
    image === undefined && codecs.length === 1 ? codecs[0] : image && codecs.find((one) => one.owns(image));
  if (codec === undefined) {
    return undefined;
  }
  const own = (one: WireItem | undefined): WireItem | undefined =>
    one !== undefined && codec.owns(one) ? one : undefined;
  return { codec, record, old: own(record.old), new: own(record.new) };
}

/** Give the error of a record that is of none of the models. */
export function unknownModel(codecs: readonly ModelCodec[]): DynamORMError {
  const attribute = codecs[0]?.model.discriminator?.attribute;
  return new DecodeFailed("the record is of none of these models", {
    path: attribute === undefined ? undefined : formatPath([attribute]),
  });
}

/** A record whose images are read. */
export interface Change {
  readonly model: string;
  readonly kind: ChangeKind;
  readonly eventId: string | undefined;
  readonly sequenceNumber: string;
  readonly createdAt: Date | undefined;
  readonly expired: boolean;
  readonly keys: Record<string, unknown>;
  readonly old: Record<string, unknown> | undefined;
  readonly new: Record<string, unknown> | undefined;
  readonly changed: readonly string[] | undefined;
}

/** Read the images of a record. @throws {DynamORMError} where one does not fit its model. */
export function readChange({ codec, record, old, new: current }: Routed, open: Open | undefined): Change {
  const { kind, eventId, sequenceNumber, createdAt, expired } = record;
  const read = (image: WireItem | undefined): Record<string, unknown> | undefined =>
    image && codec.decodeItem(image, open);
  const keys = codec.decodeKeys(record.keys);
  const before = read(old);
  const after = read(current);
  return {
    ...{ model: codec.model.name, kind, eventId, sequenceNumber, createdAt, expired, keys },
    old: before,
    new: after,
    changed: changedBetween(codec, kind, before, after),
  };
}

const NOTHING = {};

/** Name the attributes that differ; undefined where an image that this needs is not there. */
function changedBetween(
  codec: ModelCodec,
  kind: ChangeKind,
  old: object | undefined,
  current: object | undefined,
): string[] | undefined {
  const before = kind === "insert" ? NOTHING : old;
  const after = kind === "remove" ? NOTHING : current;
  if (before === undefined || after === undefined) {
    return undefined;
  }
  const [left, right] = [textsOf(codec, before), textsOf(codec, after)];
  return [...codec.model.attributes.keys()]
    .filter((name) => left.get(name) !== right.get(name))
    .sort(compareUtf8);
}

/** Give each attribute as the codec would write it; what it would not write is not there. */
function textsOf(codec: ModelCodec, value: object): ReadonlyMap<string, string | undefined> {
  const members = value as Readonly<Record<string, unknown>>;
  return new Map(
    [...codec.model.attributes.values()].map((attribute) => {
      const member = read(members, attribute.property);
      return [attribute.name, (member ?? null) === null ? undefined : textOf(codec, attribute.name, member)];
    }),
  );
}

/**
 * Give one value as the codec would write it; one that can be read and not be written, an empty key of an index, say, is told
 * apart all the same.
 */
export function textOf(codec: ModelCodec, name: string, member: unknown): string | undefined {
  try {
    return codec.encodeValue(codec.model.attributes.get(name), member, [name], true);
  } catch (error) {
    if (error instanceof DynamORMError) {
      return `unwritable ${canonicalJson(String(member))}`;
    }
    throw error;
  }
}
