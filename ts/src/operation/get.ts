/** GetItem: `get`, `find` and `exists`. */

import type { ModelCodec } from "../codec/item.ts";
import type { Open } from "../codec/seal.ts";
import type { WireItem } from "../codec/value.ts";
import { EncryptionNotConfigured, ItemNotFound, ValidationFailed } from "../errors/catalogue.ts";
import { compile, type Compiled } from "../expression/compile.ts";
import { isEncrypted } from "../expression/fit.ts";
import { parsePath, type PathSegments, pathText } from "../expression/path.ts";
import { isMark } from "../expression/projection.ts";
import { quote } from "../text/utf8.ts";
import { answerOf, type Exchange, holding, type Request, type Sealing, sealing, single } from "./exchange.ts";

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
  return single(
    request,
    (response, open) => {
      const item = answerOf(response).Item;
      if (item === undefined) {
        throw new ItemNotFound(`${codec.model.name}: there is no item with this key`, {
          origin: "service",
          requestId: response.ok ? response.requestId : undefined,
        });
      }
      return decode(item, open);
    },
    heldBy(codec),
  );
}

/** The item of the answer. */
function heldBy(codec: ModelCodec): Sealing | undefined {
  return sealing(codec, { held: (response) => (response.ok ? holding(codec, response.answer.Item) : []) });
}

/** Read an item that may exist. */
export function find(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  options: ReadOptions,
): Exchange<Value | undefined> {
  const { request, decode } = read(codec, tableName, key, options);
  return single(
    request,
    (response, open) => {
      const item = answerOf(response).Item;
      return item === undefined ? undefined : decode(item, open);
    },
    heldBy(codec),
  );
}

/** Tell whether an item exists, by reading its key alone. */
export function exists(
  codec: ModelCodec,
  tableName: string,
  key: unknown,
  consistent: boolean | undefined,
): Exchange<boolean> {
  const members = projectionMembers(compile(codec, { fetch: codec.model.keys.map(({ name }) => name) }));
  return single(requestOf(tableName, codec.encodeKey(key), { consistent }, members), (response) => {
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
): { readonly request: Request; readonly decode: ReadPlan["decode"] } {
  const { members, decode } = planOf(codec, options);
  return { request: requestOf(tableName, codec.encodeKey(key), options, members), decode };
}

/** How items are read: what a request says beside table and key, and what is made of an item. */
export interface ReadPlan {
  /** The projection's members as JSON text, each behind a comma; empty for whole items. */
  readonly members: string;
  readonly decode: (item: WireItem, open?: Open) => Value;
}

/** Plan a read. `keyed`, or an encrypted attribute, also fetches the table's keys, which are not shown unless they were selected. */
export function planOf(codec: ModelCodec, options: ReadOptions, keyed = false): ReadPlan {
  const selected = selectionOf(codec, options);
  if (selected === undefined) {
    checkWhole(codec);
    return { members: "", decode: (item, open) => codec.decodeItem(item, open) };
  }
  const select = selected.map(parsePath);
  const shown = select.some((path) => isMark(codec, path));
  const needsKey = keyed || select.some((path) => isEncrypted(codec, path));
  const fetch = needsKey ? codec.model.keys.map(({ name }) => name) : undefined;
  const hidden = fetch?.filter((name) => !select.some((path) => path.length === 1 && path[0] === name)) ?? [];
  return {
    members: projectionMembers(compile(codec, { select, fetch })),
    decode: (item, open) => codec.decodeSelected(item, { shown, hidden }, open),
  };
}

function projectionMembers({ projection, placeholders }: Compiled): string {
  return projection === undefined
    ? ""
    : `,"ProjectionExpression":${JSON.stringify(projection)}${placeholders.members()}`;
}

function requestOf(
  tableName: string,
  key: string,
  { consistent }: Pick<ReadOptions, "consistent">,
  members: string,
): Request {
  const body =
    `{"TableName":${quote(tableName) ?? '""'},"Key":${key}` +
    `${consistent === true ? ',"ConsistentRead":true' : ""}${members}}`;
  return { api: "GetItem", tableName, body, writes: false, delayMs: undefined };
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

/** Refuse to read whole items of a model whose encrypted attributes nobody here can open. @throws {EncryptionNotConfigured} */
export function checkWhole({ locked }: ModelCodec): void {
  if (locked !== undefined) {
    throw new EncryptionNotConfigured("the attribute is encrypted and no key is configured", {
      path: pathText([locked.name]),
    });
  }
}
