/**
 * The TypeScript runner: a call on standard input becomes a call of the library's public API, and what comes back becomes
 * one line on standard output. The protocol is `contract-tests/runners/README.md`. It asserts nothing and knows no case.
 */

import { createInterface } from "node:readline";
import { inspect } from "node:util";
import { loadDms } from "../../../ts/src/dms.ts";
import * as dynamorm from "../../../ts/src/index.ts";
import { testClock, testRandom } from "../../../ts/src/testing.ts";
import {
  type AnyModel,
  type Args,
  changesToNative,
  conditionToNative,
  defined,
  fail,
  Failure,
  pick,
} from "./conditions.ts";
import { GROUPS } from "./groups.ts";
import { MODELS } from "./models.ts";
import { boundOf, readMany, signerOf } from "./reads.ts";
import { ENVELOPES, encryptionOf, reencrypt, type Secured } from "./secrets.ts";
import { STREAMS } from "./streams.ts";
import { sleeperOf, TABLES } from "./tables.ts";
import { mapToNative, mapToTagged, type Tagged, type TaggedMap, toNative } from "./values.ts";

type AnyTable = dynamorm.Table<dynamorm.DynamicDefinition>;

// Typed tables are called like dynamic ones here: which values a model has is not known before the call comes.
const NATIVE = new Map(MODELS.map((model) => [model.name, model as unknown as AnyModel]));

interface Opened {
  /** Made at the first call, which is told what the client refuses. */
  readonly client: () => dynamorm.Client;
  readonly models: ReadonlyMap<string, AnyModel>;
  readonly endpoint: string | null;
  readonly region: string;
  /** What the sleeper was asked for since the last answer. */
  readonly slept: number[];
}

interface Command extends Secured {
  readonly id: number;
  readonly cmd: "hello" | "open" | "call" | "close";
  readonly client: string;
  readonly endpoint: string | null;
  readonly region: string;
  readonly documents: readonly unknown[];
  readonly now_ns: string;
  readonly tick_ns: string;
  readonly ids: readonly string[];
  readonly sdk_retries: number;
  readonly sdk_timeout_ms: number;
  readonly table: "typed" | "dynamic";
  readonly table_prefix?: string;
  readonly table_names?: Readonly<Record<string, string>>;
  readonly cursor_secrets?: readonly string[];
  readonly encrypt_cursor?: boolean;
  readonly batch?: Readonly<Record<string, number>>;
  readonly random?: readonly number[];
  readonly sleeper?: "real";
  readonly do: string;
  readonly on: string;
  readonly args: Args;
  readonly cancel_ms?: number;
}

const clients = new Map<string, Opened>();
const transports = new Map<string, dynamorm.Transport>();

/** Building an SDK client is most of the time of a case, so clients are kept by what they are made of. */
function transportTo(endpoint: string, command: Command): dynamorm.Transport {
  const { region, sdk_retries: retries, sdk_timeout_ms: timeout } = command;
  const key = `${endpoint} ${region} ${retries} ${timeout}`;
  let transport = transports.get(key);
  if (transport === undefined) {
    transport = dynamorm.sdkTransport({
      endpoint,
      region,
      credentials: { accessKeyId: "AKIDCONTRACT", secretAccessKey: "secret" },
      maxAttempts: retries + 1,
      retryMode: "standard",
      ...(timeout === 0
        ? {}
        : {
            requestHandler: {
              requestTimeout: timeout,
              throwOnRequestTimeout: true,
            },
          }),
    });
    transports.set(key, transport);
  }
  return transport;
}

const nowhere: dynamorm.Transport = {
  send: () => Promise.reject(new Error("the pure target has no endpoint")),
};

function open(command: Command): object {
  const documents = command.documents.map((document) => dynamorm.documentFromJson(document));
  const models = documents.flatMap((document) =>
    document.models.map((model) => chosen(model, command.table)),
  );
  const { endpoint } = command;
  const { sleeper, slept } = sleeperOf(command.sleeper);
  const { max_attempts: maxAttempts, base_ms: baseMs, cap_ms: capMs } = command.batch ?? {};
  let made: dynamorm.Client | undefined;
  const secured = encryptionOf(command);
  const make = (): dynamorm.Client =>
    new dynamorm.Client({
      transport: endpoint === null ? nowhere : transportTo(endpoint, command),
      clock: testClock(BigInt(command.now_ns), BigInt(command.tick_ns)),
      tokens: tokensOf(command.ids),
      sleeper,
      random: testRandom(command.random),
      retries: defined({ maxAttempts, baseMs, capMs }),
      ...defined({
        tablePrefix: command.table_prefix,
        tableNames: command.table_names,
        cursorSecrets: command.cursor_secrets,
        encryptCursor: command.encrypt_cursor,
      }),
      ...secured,
    });
  clients.set(command.client, {
    client: () => (made ??= make()),
    models: new Map(models.map((model) => [model.name, model])),
    endpoint,
    region: command.region,
    slept,
  });
  return {};
}

function tokensOf(ids: readonly string[]): () => string {
  let readings = 0;
  return () => {
    readings += 1;
    return ids[readings - 1] ?? `token-${readings}`;
  };
}

/** A model runs natively where a declaration of its name says the same. */
function chosen(model: AnyModel, table: "typed" | "dynamic"): AnyModel {
  const native = NATIVE.get(model.name);
  const equal = native !== undefined && dynamorm.canonicalDms(native) === dynamorm.canonicalDms(model);
  return table === "typed" && equal ? native : model;
}

interface Subject {
  readonly client: dynamorm.Client;
  readonly models: ReadonlyMap<string, AnyModel>;
  readonly do: string;
  readonly model: AnyModel;
  readonly table: AnyTable;
  readonly args: Args;
  readonly signal: AbortSignal | undefined;
  readonly endpoint: string | null;
  readonly region: string;
}

const toItem = ({ model }: Subject, item: unknown): unknown =>
  item === undefined || item === null ? null : mapToTagged(model.attributes, item);

const keyOf = ({ model, args }: Subject): Record<string, unknown> =>
  mapToNative(model.attributes, args.key as TaggedMap);

const conditionOf = ({ model, args }: Subject): { condition?: dynamorm.Condition } =>
  args.condition === undefined ? {} : { condition: conditionToNative(() => model, args.condition) };

function versionOf({ model, args }: Subject): {
  expectedVersion?: number | bigint;
} {
  if (args.expected_version === undefined) {
    return {};
  }
  const format = [...model.attributes.values()].find(({ roles }) => roles.includes("version"));
  return {
    expectedVersion: toNative(format, args.expected_version as Tagged) as number,
  };
}

/** The signal of a call that is to be cancelled. */
function signalOf({ signal }: Subject): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

const readOptions = (subject: Subject): object => ({
  ...pick(subject.args, ["consistent", "select", "view"]),
  ...signalOf(subject),
});

type Replaced = dynamorm.Replaced<dynamorm.DynamicDefinition>;

async function write(
  subject: Subject,
  call: (value: Record<string, unknown>) => Promise<unknown>,
): Promise<object> {
  const value = mapToNative(subject.model.attributes, subject.args.item as TaggedMap);
  try {
    const result = await call(value);
    const { item, old } = subject.args.return_old === true ? (result as Replaced) : { item: result };
    // What was stored comes back in two ways: typed tables show what the call gives, dynamic ones the caller's object.
    return {
      item: toItem(subject, NATIVE.get(subject.model.name) === subject.model ? item : value),
      ...(old === undefined ? {} : { old: toItem(subject, old) }),
    };
  } catch (error) {
    throw new Failure(error, { after: toItem(subject, value) });
  }
}

const RETURNED = {
  new: "new",
  old: "old",
  none: "none",
  updated_new: "updatedNew",
  updated_old: "updatedOld",
} as const;

const OPERATIONS: Readonly<Record<string, (subject: Subject) => Promise<object>>> = {
  ...GROUPS,
  ...STREAMS,
  ...TABLES,
  query: readMany,
  scan: readMany,
  count: readMany,
  first: readMany,
  one: readMany,
  reencrypt,
  create: (subject) => write(subject, (value) => subject.table.create(value, { ...signalOf(subject) })),
  put: (subject) =>
    write(subject, (value) =>
      subject.table.put(value, {
        ...signalOf(subject),
        ...conditionOf(subject),
        ...(subject.args.return_old === true ? { returnOld: true as never } : {}),
      }),
    ),
  save: (subject) =>
    write(subject, (value) =>
      subject.table.save(value, {
        ...signalOf(subject),
        // What a call does not say is left to the library's own default, here and below.
        ...pick(subject.args, ["adopt"]),
      }),
    ),
  get: async (subject) => ({
    item: toItem(subject, await subject.table.get(keyOf(subject), readOptions(subject))),
  }),
  find: async (subject) => ({
    item: toItem(subject, await subject.table.find(keyOf(subject), readOptions(subject))),
  }),
  exists: async (subject) => ({
    exists: await subject.table.exists(keyOf(subject), readOptions(subject)),
  }),
  update: async (subject) => {
    const returned = RETURNED[(subject.args.return ?? "new") as keyof typeof RETURNED];
    const item: unknown = await subject.table.update(keyOf(subject), {
      ...signalOf(subject),
      ...changesToNative(subject.model, subject.args),
      ...conditionOf(subject),
      ...versionOf(subject),
      ...pick(subject.args, ["upsert"]),
      return: returned as "new",
    });
    return { item: toItem(subject, item) };
  },
  delete: async (subject) => {
    const old: unknown = await subject.table.delete(keyOf(subject), {
      ...signalOf(subject),
      ...conditionOf(subject),
      ...versionOf(subject),
      ...(defined({ mustExist: subject.args.must_exist, returnOld: subject.args.return_old }) as {
        readonly returnOld: true;
      }),
    });
    return old === undefined ? {} : { old: toItem(subject, old) };
  },
};

const FUNCTIONS: Readonly<Record<string, (args: Args, model: () => AnyModel) => object>> = {
  ...ENVELOPES,
  "fn.dms.load": (args) => ({ dms: loadDms(args.text as string).canonical }),
  "fn.dms.native": (args) => ({
    dms: dynamorm.canonicalDms(nativeOf(args.model as string)),
  }),
  "fn.marshal": (args, model) => ({ item: marshal(args, model()) }),
  "fn.unmarshal": (args, model) => ({
    item: mapToTagged(model().attributes, dynamorm.unmarshalItem(model(), args.item as dynamorm.WireItem)),
  }),
  "fn.size": (args, model) => ({
    bytes: dynamorm.itemSize(marshal(args, model())),
  }),
  "fn.expression": (args, model) =>
    dynamorm.compileExpression(model(), {
      ...(args.condition === undefined ? {} : { condition: conditionToNative(model, args.condition) }),
      ...(args.update === undefined ? {} : { update: changesToNative(model(), args.update as Args) }),
      ...(args.select === undefined ? {} : { select: args.select as readonly string[] }),
    }),
  "fn.cursor.encode": (args) => ({
    cursor: signerOf(args, "nonce" in args).write(args as unknown as dynamorm.Cursor, boundOf(args)),
  }),
  "fn.cursor.decode": (args) =>
    defined({ ...signerOf(args, args.encrypted === true).read(args.cursor, boundOf(args)) }),
};

function nativeOf(name: string): AnyModel {
  return NATIVE.get(name) ?? fail(`no model ${name} is declared here`);
}

function marshal(args: Args, model: AnyModel): dynamorm.WireItem {
  return dynamorm.marshalItem(model, mapToNative(model.attributes, args.item as TaggedMap));
}

/** A signal that cancels after a time, at once for 0. */
function signalAfter(milliseconds: number | undefined): AbortSignal | undefined {
  if (milliseconds === undefined) {
    return undefined;
  }
  return milliseconds === 0 ? AbortSignal.abort() : AbortSignal.timeout(milliseconds);
}

async function call(command: Command): Promise<object> {
  const operation = OPERATIONS[command.do];
  const pure = FUNCTIONS[command.do];
  if (pure === undefined && operation === undefined) {
    return { unsupported: "op" };
  }
  const { args } = command;
  const { client, models, endpoint = null, region = "" } = clients.get(command.client) ?? {};
  const model = models?.get(command.on);
  const demanded = (): AnyModel => model ?? fail("the model was not opened");
  try {
    if (pure !== undefined) {
      return { result: pure(args, demanded) };
    }
    const opened = client?.() ?? fail("the client was not opened");
    const result = await operation?.({
      client: opened,
      models: models ?? new Map<string, AnyModel>(),
      do: command.do,
      endpoint,
      region,
      args,
      signal: signalAfter(command.cancel_ms),
      // Calls over several models are on none.
      get model() {
        return demanded();
      },
      get table() {
        return opened.table(demanded());
      },
    });
    return result !== undefined && "result" in result ? result : { result };
  } catch (thrown) {
    return thrown instanceof Failure ? failure(thrown.cause, model, thrown.beside) : failure(thrown, model);
  }
}

function failure(error: unknown, model: AnyModel | undefined, beside: Failure["beside"] = {}): object {
  if (!(error instanceof dynamorm.DynamORMError)) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { crash: { message, stack } };
  }
  return {
    error: {
      code: error.code,
      ...defined({
        kind: error.kind,
        aws: error.awsType,
        path: error.path,
        request_id: error.requestId,
        status: error.status,
        maybe_applied: error.maybeApplied ? true : undefined,
        details: beside.details ?? detailsOf(error, model),
        after: beside.after,
      }),
      origin: error.origin,
      retryable: error.retryable,
      cause: error.cause instanceof Error,
      symbol: error instanceof dynamorm[error.code] && dynamorm.isCode(error, error.code, error.kind),
      message: `${String(error)}\n${inspect(error)}\n${JSON.stringify(error)}`,
    },
  };
}

function detailsOf(error: dynamorm.DynamORMError, model: AnyModel | undefined): object | undefined {
  try {
    const item = error.item();
    return item === undefined ? undefined : { item: mapToTagged(model?.attributes, item as object) };
  } catch {
    // The stored item does not fit the model; the error that brought it is the answer all the same.
    return undefined;
  }
}

const HELLO = {
  impl: "dynamorm-ts",
  language: "ts",
  version: dynamorm.VERSION,
  dms: dynamorm.DMS_VERSIONS,
  capabilities: dynamorm.CAPABILITIES,
  native_models: MODELS.map(({ name }) => name),
};

async function answer(command: Command): Promise<object> {
  switch (command.cmd) {
    case "hello":
      return { ok: HELLO };
    case "open":
      try {
        return { ok: open(command) };
      } catch (error) {
        return failure(error, undefined);
      }
    case "close":
      clients.delete(command.client);
      return { ok: {} };
    default: {
      const reply = await call(command);
      const sleeps = clients.get(command.client)?.slept.splice(0) ?? [];
      return sleeps.length === 0 ? reply : { ...reply, sleeps };
    }
  }
}

// Nothing of the machine's own configuration is read.
process.env.AWS_CONFIG_FILE = "/dev/null";
process.env.AWS_SHARED_CREDENTIALS_FILE = "/dev/null";

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") {
    const command = JSON.parse(line) as Command;
    const reply = await answer(command).catch((error: unknown) => failure(error, undefined));
    process.stdout.write(`${JSON.stringify({ id: command.id, ...reply })}\n`);
  }
}
