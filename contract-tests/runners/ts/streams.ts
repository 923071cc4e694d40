/** The operations of P3: records by themselves, batches of them, the reader, and projections. */

import * as dynamorm from "../../../ts/src/index.ts";
import { sdkStreams } from "../../../ts/src/streams.ts";
import { type Args, defined, fail, Failure } from "./conditions.ts";
import type { Reader } from "./reads.ts";
import { mapToNative, mapToTagged, type TaggedMap } from "./values.ts";

type Json = Readonly<Record<string, unknown>>;
type Record_ = dynamorm.StreamRecord<dynamorm.DynamicDefinition>;

/** What a call needs beside a reader: where the streams' own API is. */
export interface Streamer extends Reader {
  readonly endpoint: string | null;
  readonly region: string;
}

const bytes = (text: unknown): Uint8Array => new Uint8Array(Buffer.from(text as string, "base64"));

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Spell a value as the SDK does: binary as bytes. */
function sdkValue(value: unknown): unknown {
  const [[tag, body] = ["", undefined], ...others] = isObject(value) ? Object.entries(value) : [];
  if (tag === "" || others.length > 0) {
    return value;
  }
  switch (tag) {
    case "B":
      return typeof body === "string" ? { B: bytes(body) } : value;
    case "BS":
      return Array.isArray(body) ? { BS: body.map(bytes) } : value;
    case "L":
      return Array.isArray(body) ? { L: body.map(sdkValue) } : value;
    case "M":
      return { M: sdkItem(body) };
    default:
      return value;
  }
}

function sdkItem(item: unknown): unknown {
  return isObject(item)
    ? Object.fromEntries(Object.entries(item).map(([name, value]) => [name, sdkValue(value)]))
    : item;
}

const MILLIS = 1000;

/** Spell a record as GetRecords of the SDK gives it. */
function sdkRecord(record: unknown): unknown {
  if (!isObject(record) || !isObject(record.dynamodb)) {
    return record;
  }
  const { userIdentity } = record;
  const { ApproximateCreationDateTime: seconds, ...change } = record.dynamodb;
  const images = ["Keys", "OldImage", "NewImage"].filter((name) => name in change);
  const identity = isObject(userIdentity)
    ? { PrincipalId: userIdentity.principalId, Type: userIdentity.type }
    : userIdentity;
  return {
    ...record,
    ...defined({ userIdentity: identity }),
    dynamodb: {
      ...change,
      ...Object.fromEntries(images.map((name) => [name, sdkItem(change[name])])),
      ...defined({
        ApproximateCreationDateTime:
          typeof seconds === "number" ? new Date(Math.round(seconds * MILLIS)) : seconds,
      }),
    },
  };
}

const formed = ({ args }: Reader, records: unknown): readonly unknown[] =>
  (records as readonly unknown[]).map((record) => (args.form === "sdk" ? sdkRecord(record) : record));

/** The feed of a call: of several models, or of the one it is on. */
function feedOf({ client, models, table, args }: Reader): dynamorm.Feed<Record_> {
  const names = args.models as readonly string[] | undefined;
  return names === undefined
    ? table.stream()
    : client.stream(names.map((name) => models.get(name) ?? fail(`${name} was not opened`)));
}

function told({ models, args }: Reader, record: Record_): object {
  const model = models.get(record.model);
  const attributes = model?.attributes;
  const item = (value: object | undefined): unknown =>
    value === undefined ? null : mapToTagged(attributes, value);
  return {
    ...(args.models === undefined ? {} : { model: record.model }),
    kind: record.kind,
    event_id: record.eventId ?? null,
    sequence_number: record.sequenceNumber,
    created_at: record.createdAt?.toISOString().replace("Z", "000Z") ?? null,
    expired: record.expired,
    keys: mapToTagged(attributes, record.keys),
    old: item(record.old),
    new: item(record.new),
    changed: record.changed ?? null,
  };
}

const sequenceOf = (record: unknown): string | null => {
  const change = isObject(record) && isObject(record.dynamodb) ? record.dynamodb : {};
  return typeof change.SequenceNumber === "string" ? change.SequenceNumber : null;
};

async function decodeAll(subject: Reader, records: readonly unknown[]): Promise<object> {
  const { args } = subject;
  const feed = feedOf(subject);
  const [decoded, failures, unknown]: [object[], object[], unknown[]] = [[], [], []];
  for (const record of records) {
    try {
      if (args.on_unknown === true && !feed.knows(record)) {
        unknown.push(sequenceOf(record));
      } else {
        decoded.push(told(subject, await feed.decode(record)));
      }
    } catch (error) {
      if (args.on_decode_error !== true || !(error instanceof dynamorm.DynamORMError)) {
        throw error;
      }
      failures.push(defined({ sequence_number: sequenceOf(record), code: error.code, path: error.path }));
    }
  }
  return {
    records: decoded,
    ...(args.on_decode_error === true ? { failures } : {}),
    ...(args.on_unknown === true ? { unknown } : {}),
  };
}

/** What handlers were given, and what of it they answer with. */
class Notes {
  readonly handled: string[] = [];
  readonly failures: object[] = [];
  readonly undecoded: unknown[] = [];
  readonly unknown: unknown[] = [];

  optionsOf({ seen, on_decode_error, fail_decode, on_unknown }: Args): dynamorm.HandlerOptions {
    const hasDecode = on_decode_error === true || fail_decode === true;
    const onDecodeError = async ({ sequenceNumber }: dynamorm.RecordFailure): Promise<void> => {
      await later();
      this.undecoded.push(sequenceNumber ?? null);
      if (fail_decode === true) {
        throw new Error("refused");
      }
    };
    const onUnknown = async (record: unknown): Promise<void> => {
      await later();
      this.unknown.push(sequenceOf(record));
    };
    return {
      onFailure: async ({ sequenceNumber, error }) => {
        await later();
        const code = error instanceof dynamorm.DynamORMError ? error.code : undefined;
        this.failures.push(defined({ sequence_number: sequenceNumber, code }));
      },
      onDecodeError: hasDecode ? onDecodeError : undefined,
      onUnknown: on_unknown === true ? onUnknown : undefined,
      seen:
        seen === undefined || seen === false
          ? undefined
          : new dynamorm.SeenInMemory(typeof seen === "number" ? seen : undefined),
    };
  }
}

/** Let whoever does not wait for a handler go on without it. */
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function handleAll(subject: Reader): Promise<object> {
  const { args } = subject;
  const notes = new Notes();
  const options = notes.optionsOf(args);
  const fails = new Set((args.fail ?? []) as readonly string[]);
  const handle = async ({ model, sequenceNumber }: Record_): Promise<void> => {
    await later();
    notes.handled.push(args.models === undefined ? sequenceNumber : `${model}:${sequenceNumber}`);
    if (fails.has(sequenceNumber)) {
      throw new Error("the handler failed");
    }
  };
  const responses: unknown[] = [];
  const { handled, failures, undecoded, unknown } = notes;
  try {
    const handler = feedOf(subject).handler(handle, options);
    for (const event of args.events as readonly unknown[]) {
      responses.push(await handler({ Records: formed(subject, event) }));
    }
  } catch (error) {
    throw new Failure(error, { details: { handled } });
  }
  return {
    ...{ responses, handled, failures },
    ...(options.onDecodeError === undefined ? {} : { undecoded }),
    ...(options.onUnknown === undefined ? {} : { unknown }),
  };
}

async function readAll(subject: Streamer): Promise<object> {
  const { endpoint, region, args, signal } = subject;
  const source = sdkStreams({
    endpoint: endpoint ?? "http://127.0.0.1:9",
    region,
    credentials: { accessKeyId: "AKIDCONTRACT", secretAccessKey: "secret" },
    maxAttempts: 1,
  });
  const options = { untilEnd: true, signal, ...defined({ from: args.from }) };
  const records: unknown[] = [];
  for await (const record of feedOf(subject).records(source, options)) {
    records.push(record);
  }
  return decodeAll(subject, records);
}

export const STREAMS: Readonly<Record<string, (subject: Streamer) => Promise<object>>> = {
  "fn.stream": (subject) => decodeAll(subject, formed(subject, subject.args.records)),
  stream_handle: handleAll,
  stream_read: readAll,
  project: async ({ table, model, args, signal }) => {
    const item = mapToNative(model.attributes, args.item as TaggedMap);
    return { applied: await table.project(item, args.by as string, defined({ signal })) };
  },
};
