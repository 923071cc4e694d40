/** GetItem: `get`, `find` and `exists`. */

import type { ModelCodec } from "../codec/item.ts";
import type { WireItem } from "../codec/value.ts";
import { EncryptionNotConfigured, ItemNotFound, ValidationFailed } from "../errors/catalogue.ts";
import { compile } from "../expression/compile.ts";
import { parsePath, type PathSegments } from "../expression/path.ts";
import { isMark } from "../expression/projection.ts";
import { quote } from "../text/utf8.ts";
import { answerOf, type Exchange, type Request, single } from "./exchange.ts";

/** What a read is told. */
export interface ReadOptions {
  readonly consistent?: boolean | undefined;
  readonly select?: readonly (string | PathSegments)[] | undefined;
  readonly view?: string | undefined;
}

type Value = Record<string, unknown>;

/** Read an item that has to exist. @throws {ItemNotFound} on receiving that there is none. */
export function get(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  options: ReadOptions,
): Exchange<Value> {
  const { request, decode } = read(codec, tableName, key, options);
  return single(request, (response) => {
    const item = answerOf(response).Item;
    if (item === undefined) {
      throw new ItemNotFound(`${codec.model.name}: there is no item with this key`, {
        origin: "service",
        requestId: response.ok ? response.requestId : undefined,
      });
    }
    return decode(item);
  });
}

/** Read an item that may exist. */
export function find(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  options: ReadOptions,
): Exchange<Value | undefined> {
  const { request, decode } = read(codec, tableName, key, options);
  return single(request, (response) => {
    const item = answerOf(response).Item;
    return item === undefined ? undefined : decode(item);
  });
}

/** Tell whether an item exists, by reading its key alone. */
export function exists(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  consistent: boolean | undefined,
): Exchange<boolean> {
  const fetch = codec.model.keys.map(({ name }) => name);
  return single(requestOf(codec, tableName, key, { consistent, fetch }), (response) => {
    const item = answerOf(response).Item;
    if (item !== undefined) {
      codec.checkMark(item);
    }
    return item !== undefined;
  });
}

function read(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  options: ReadOptions,
): { readonly request: Request; readonly decode: (item: WireItem) => Value } {
  const select = selectionOf(codec, options);
  if (select === undefined) {
    checkWhole(codec);
  }
  const shown = select?.some((path) => isMark(codec, parsePath(path))) === true;
  return {
    request: requestOf(codec, tableName, key, { consistent: options.consistent, select }),
    decode: (item) => (select === undefined ? codec.decodeItem(item) : codec.decodeSelected(item, shown)),
  };
}

/** What a request fetches: the whole item, what the caller selected, or attributes of the library's own choice. */
interface Fetched extends Omit<ReadOptions, "view"> {
  readonly fetch?: readonly string[];
}

function requestOf(codec: ModelCodec, tableName: string, key: unknown, options: Fetched): Request {
  const select = options.select?.map(parsePath);
  const { projection, placeholders } = compile(codec, { select, fetch: options.fetch });
  const body =
    `{"TableName":${quote(tableName) ?? '""'},"Key":${codec.encodeKey(key)}` +
    (options.consistent === true ? ',"ConsistentRead":true' : "") +
    (projection === undefined ? "" : `,"ProjectionExpression":${JSON.stringify(projection)}`) +
    `${placeholders.members()}}`;
  return { api: "GetItem", tableName, body, writes: false, delayMs: 0 };
}

/** Give the paths that are selected, by themselves or by a view; undefined for whole items. */
export function selectionOf(
  { model }: ModelCodec,
  { select, view }: ReadOptions,
): readonly (string | PathSegments)[] | undefined {
  if (view === undefined) {
    if (select !== undefined && !Array.isArray(select)) {
      throw new ValidationFailed("a selection is a list of paths");
    }
    return select;
  }
  if (select !== undefined) {
    throw new ValidationFailed("a read takes a selection or a view, not both");
  }
  const fields = model.views.get(view);
  if (fields === undefined) {
    throw new ValidationFailed(`${model.name} has no such view`);
  }
  // A field is one name, whatever it holds.
  return fields.map((field) => [field]);
}

/** Refuse to read whole items of a model that has encrypted attributes. @throws {EncryptionNotConfigured} */
export function checkWhole({ model }: ModelCodec): void {
  for (const attribute of model.attributes.values()) {
    if (attribute.encrypted) {
      throw new EncryptionNotConfigured("the attribute is encrypted and no key is configured", {
        path: attribute.name,
      });
    }
  }
}
