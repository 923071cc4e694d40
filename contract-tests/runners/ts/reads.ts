/** The operations of P1: queries and scans, read as a call says, and cursors by themselves. */

import * as dynamorm from "../../../ts/src/index.ts";
import {
  type AnyModel,
  type Args,
  attributeAt,
  conditionToNative,
  defined,
  fail,
  type Path,
  pick,
} from "./conditions.ts";
import { mapToNative, mapToTagged, type Tagged, type TaggedMap, toNative } from "./values.ts";

/** What a read needs of a call. */
export interface Reader {
  readonly client: dynamorm.Client;
  readonly models: ReadonlyMap<string, AnyModel>;
  readonly do: string;
  readonly model: AnyModel;
  readonly table: dynamorm.Table<dynamorm.DynamicDefinition>;
  readonly args: Args;
  readonly signal: AbortSignal | undefined;
}

const toItem = ({ model }: Reader, item: unknown): unknown =>
  item === undefined || item === null ? null : mapToTagged(model.attributes, item);

type Items = dynamorm.Reading<unknown, dynamorm.DynamicDefinition>;

const SORTS: Readonly<Record<string, string>> = { begins_with: "beginsWith" };

/** Give partition and sort condition as native values of the keys that are queried. */
function keysOf(model: AnyModel, args: Args): object {
  const given = (args.partition ?? {}) as { readonly map?: TaggedMap; readonly value?: Tagged };
  const { map, value } = given;
  const table = { name: undefined, partition: model.partition.name, sort: model.sort?.name };
  const place =
    [table, ...model.indexes].find((one) =>
      args.index === undefined && map !== undefined ? one.partition in map : one.name === args.index,
    ) ?? table;
  const named = (name: string | undefined): dynamorm.Attribute | undefined =>
    model.attributes.get(name ?? "");
  const whole = value && toNative(named(place.partition), value);
  const partition = map === undefined ? whole : mapToNative(model.attributes, map);
  if (args.sort === undefined || !Array.isArray(args.sort)) {
    const { parts } = (args.sort ?? {}) as { readonly parts?: TaggedMap };
    return defined({ partition, sort: parts && { parts: mapToNative(model.attributes, parts) } });
  }
  const [name, ...operands] = args.sort as [string, ...Tagged[]];
  const attribute = name === "begins_with" ? undefined : named(place.sort);
  const values = operands.map((operand) => toNative(attribute, operand));
  return { partition, sort: { [SORTS[name] ?? name]: name === "between" ? values : values[0] } };
}

function readingOf({ client, models, model, table, args, do: verb, signal }: Reader): Items {
  const names = args.models as readonly string[] | undefined;
  const several = names?.map((name) => models.get(name) ?? fail(`${name} was not opened`));
  const owner = (path: Path): AnyModel =>
    several?.find((one) => attributeAt(one, path) !== undefined) ?? model;
  const options = defined({
    ...pick(args, ["index", "order", "limit", "consistent", "cursor", "segment"]),
    pageSize: args.page_size,
    hideExpired: args.hide_expired,
    cursorContext: args.cursor_context,
    filter: args.filter && conditionToNative(owner, args.filter),
    signal,
  });
  const isScan = verb === "scan" || (verb !== "query" && !("partition" in args));
  const keys = isScan ? {} : keysOf(several?.[0] ?? model, args);
  const query = { ...options, ...keys } as never;
  let made = (
    several === undefined ? (isScan ? table.scan(options) : table.query(query)) : client.query(several, query)
  ) as Items;
  made = args.select === undefined ? made : made.select(args.select as never);
  made = args.view === undefined ? made : made.view(args.view as string);
  const index = model.indexes.find(({ name }) => name === args.index);
  const isPart =
    index !== undefined && index.projection !== "ALL" && !("select" in args) && !("view" in args);
  return isPart ? made.projected() : made;
}

/** Tag an item; of several models it stands beside its model's name. */
function elementOf(subject: Reader, item: unknown): unknown {
  if (subject.args.models === undefined) {
    return toItem(subject, item);
  }
  const found = item as { readonly model: string; readonly item: object };
  return { model: found.model, item: mapToTagged(subject.models.get(found.model)?.attributes, found.item) };
}

export async function readMany(subject: Reader): Promise<object> {
  const { args, do: verb } = subject;
  const reading = readingOf(subject);
  const tagged = (items: readonly unknown[]): unknown[] => items.map((item) => elementOf(subject, item));
  if (verb === "count") {
    return { count: await reading.count() };
  }
  if (verb === "first" || verb === "one") {
    return { item: toItem(subject, await reading[verb]()) };
  }
  if (args.segments !== undefined && reading instanceof dynamorm.Scan) {
    const bounds = defined({ concurrency: args.concurrency });
    const { items, cursors } = await reading.parallel(args.segments as number, bounds).all();
    return { items: tagged(items), cursors: cursors.map((cursor) => cursor ?? null) };
  }
  if (args.take !== undefined) {
    const items = await taken(reading, args.take as number);
    return { items: tagged(items) };
  }
  const pages =
    args.pages === undefined ? [await reading.all()] : await taken(reading.pages(), args.pages as number);
  return { items: tagged(pages.flatMap(({ items }) => items)), cursor: pages.at(-1)?.cursor ?? null };
}

async function taken<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) {
    found.push(one);
    if (found.length === count) {
      break;
    }
  }
  return found;
}

export function signerOf(args: Args, encrypt: boolean): dynamorm.Signer {
  const nonce = (): Uint8Array => Buffer.from(args.nonce as string, "base64");
  return new dynamorm.Signer({ secrets: args.secrets as string[] | undefined, encrypt, nonce });
}

export const boundOf = (args: Args) => (): dynamorm.Bound => defined({ context: args.context });
