/** The operations of P2: batches, long work and transactions, over one table or by actions over several models. */

import * as dynamorm from "../../../ts/src/index.ts";
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
import type { Reader } from "./reads.ts";
import { mapToNative, mapToTagged, type Tagged, type TaggedMap, toNative } from "./values.ts";

type Write = dynamorm.WriteAction<never>;
type Value = Record<string, unknown>;

const modelOf = ({ models }: Reader, name: string): AnyModel =>
  models.get(name) ?? fail(`${name} was not opened`);

const nativeOf = (model: AnyModel, map: unknown): Value => mapToNative(model.attributes, map as TaggedMap);

const listOf = (args: Args, name: string): readonly Args[] => (args[name] ?? []) as readonly Args[];

/** Tag a value of a model, or of none. */
function taggedOf(model: AnyModel | undefined, value: unknown): unknown {
  return value === undefined || value === null ? null : mapToTagged(model?.attributes, value);
}

/** What an action is made of: the action, and the caller's object where it has one. */
interface Made {
  readonly model: AnyModel;
  readonly action: Write;
  readonly value: Value | undefined;
}

function makeAction(subject: Reader, given: Args): Made {
  const { model: name, ...verbs } = given;
  const model = modelOf(subject, name as string);
  const [[verb, args] = fail("an action without a verb")] = Object.entries(verbs) as [string, Args][];
  const { actions } = subject.client.table(model);
  const guards = guardsOf(model, args);
  if (verb === "put" || verb === "create" || verb === "save") {
    const value = nativeOf(model, args.item);
    const options = { ...guards, ...pick(args, ["adopt"]) };
    return {
      model,
      value,
      action: (actions[verb] as (value: Value, options: object) => Write)(value, options),
    };
  }
  const key = nativeOf(model, args.key);
  const options = verb === "update" ? { ...changesToNative(model, args), ...guards } : guards;
  const make = actions[verb as "update"].bind(actions) as (key: Value, options: object) => Write;
  return { model, value: undefined, action: make(key, options) };
}

function guardsOf(model: AnyModel, args: Args): object {
  const version = [...model.attributes.values()].find(({ roles }) => roles.includes("version"));
  return defined({
    condition: args.condition && conditionToNative(() => model, args.condition),
    expectedVersion: args.expected_version && toNative(version, args.expected_version as Tagged),
    mustExist: args.must_exist,
    ...pick(args, ["upsert"]),
  });
}

function makeGet(subject: Reader, given: Args): dynamorm.GetAction {
  const model = modelOf(subject, given.model as string);
  const options = pick(given, ["consistent", "select", "view"]);
  return subject.client.table(model).actions.get(nativeOf(model, given.key), options);
}

/** Keys are alone where the call names one table, else beside their model's name. */
const keyOf =
  (subject: Reader) =>
  ({ model, key }: dynamorm.ItemKey): unknown => {
    const tagged = taggedOf(modelOf(subject, model), key);
    return "writes" in subject.args || "gets" in subject.args ? { model, key: tagged } : tagged;
  };

function foundOf(subject: Reader, found: unknown): unknown {
  if (!("gets" in subject.args)) {
    return taggedOf(subject.model, found);
  }
  const { model, item } = found as { readonly model: string; readonly item: object };
  return { model, item: taggedOf(modelOf(subject, model), item) };
}

/** Tell what an error says of several items. `models` are those of the actions. */
function detailsOf(subject: Reader, error: unknown, models: readonly AnyModel[]): object | undefined {
  if (dynamorm.isCode(error, "TransactionCanceled")) {
    return { reasons: error.reasons.map((reason, index) => reasonOf(reason, models[index])) };
  }
  if (!dynamorm.isCode(error, "BatchIncomplete")) {
    return undefined;
  }
  const keys = (list: readonly dynamorm.ItemKey[]): unknown[] => list.map(keyOf(subject));
  const items = subject.do === "batch_get" ? error.items.map((item) => foundOf(subject, item)) : undefined;
  const { done, undone, unknown } = error;
  return defined({ done: keys(done), undone: keys(undone), unknown: keys(unknown), items });
}

function reasonOf(reason: dynamorm.DynamORMError | null, model: AnyModel | undefined): unknown {
  const item = reason?.item();
  return (
    reason &&
    defined({
      code: reason.code,
      kind: reason.kind,
      retryable: reason.retryable,
      item: item === undefined ? undefined : taggedOf(model, item),
    })
  );
}

/** Do it, and show the caller's objects beside what comes of it. */
async function shown(
  subject: Reader,
  made: readonly Pick<Made, "model" | "value">[] | undefined,
  work: () => Promise<object>,
  more: () => object = () => ({}),
): Promise<object> {
  const objects = made?.length === 0 ? undefined : made;
  const after = (): object => defined({ after: objects?.map(({ model, value }) => taggedOf(model, value)) });
  try {
    return { result: await work(), ...after() };
  } catch (error) {
    const details = detailsOf(subject, error, made?.map(({ model }) => model) ?? []);
    throw new Failure(error, { ...after(), details: details && { ...details, ...more() } });
  }
}

const signalOf = ({ signal }: Reader): { readonly signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };

const optionsOf = (subject: Reader): object => ({
  ...defined({ lastWins: subject.args.last_wins, unchecked: subject.args.unchecked }),
  ...signalOf(subject),
});

/** The caller's objects to put, and the keys to delete. */
function valuesOf({ model, args }: Reader, name: string): readonly { model: AnyModel; value: Value }[] {
  return listOf(args, name).map((map) => ({ model, value: nativeOf(model, map) }));
}

const none = <T extends object>(made: readonly T[]): (T & { value: undefined })[] =>
  made.map((one) => ({ ...one, value: undefined }));

async function batchGet(subject: Reader): Promise<object> {
  const { args, client } = subject;
  return shown(subject, undefined, async () => {
    if ("gets" in args) {
      const gets = listOf(args, "gets").map((get) => makeGet(subject, get));
      const { items, missing } = await client.batchGet(gets, signalOf(subject));
      return { items: items.map((item) => foundOf(subject, item)), missing: missing.map(keyOf(subject)) };
    }
    const options = { ...pick(args, ["consistent", "select", "view"]), ...signalOf(subject) };
    const keys = valuesOf(subject, "keys").map(({ value }) => value);
    const { items, missing } = await subject.table.batchGet(keys, options);
    return {
      items: items.map((item) => taggedOf(subject.model, item)),
      missing: missing.map((key) => taggedOf(subject.model, key)),
    };
  });
}

async function batchWrite(subject: Reader): Promise<object> {
  const { args, client } = subject;
  if ("writes" in args) {
    const made = listOf(args, "writes").map((write) => makeAction(subject, write));
    const actions = made.map(({ action }) => action);
    return shown(subject, made, async () => ({ ...(await client.batchWrite(actions, optionsOf(subject))) }));
  }
  const [puts, keys] = [valuesOf(subject, "put"), valuesOf(subject, "delete")];
  return shown(subject, [...puts, ...none(keys)], async () => ({
    ...(await subject.table.batchWrite(
      {
        ...("put" in args ? { put: puts.map(({ value }) => value) } : {}),
        ...("delete" in args ? { delete: keys.map(({ value }) => value) } : {}),
      },
      optionsOf(subject),
    )),
  }));
}

async function* streamOf<T>(elements: readonly T[]): AsyncGenerator<T, void, undefined> {
  for (const element of elements) {
    await Promise.resolve();
    yield element;
  }
}

async function bulkWrite(subject: Reader): Promise<object> {
  const { args, client } = subject;
  const progress: unknown[] = [];
  const failures: unknown[] = [];
  const options = {
    ...pick(args, ["concurrency", "unchecked"]),
    ...signalOf(subject),
    progress: ({ written, deleted, failed }: dynamorm.BulkCounts) => {
      progress.push([written, deleted, failed]);
    },
    ...(args.on_failure === true
      ? {
          onFailure: ({ state, error, model, key }: dynamorm.BulkFailure) => {
            const told = key === undefined ? undefined : keyOf(subject)({ model: model ?? "", key });
            failures.push(defined({ state, code: error.code, key: told }));
          },
        }
      : {}),
  };
  const told = (): object => (args.on_failure === true ? { failures } : {});
  const work = async (): Promise<object> => {
    if ("writes" in args) {
      const actions = listOf(args, "writes").map((write) => makeAction(subject, write).action);
      return client.bulkWrite(streamOf(actions), options);
    }
    const name = "put" in args ? "put" : "delete";
    const stream = streamOf(valuesOf(subject, name).map(({ value }) => value));
    return name === "put"
      ? subject.table.bulkPut(stream, options)
      : subject.table.bulkDelete(stream, options);
  };
  return shown(subject, undefined, async () => ({ ...(await work()), progress, ...told() }), told);
}

const actionsOf = (subject: Reader): Made[] =>
  listOf(subject.args, "actions").map((action) => makeAction(subject, action));

const tokenOf = ({ args }: Reader): object => pick(args, ["token"]);

export const GROUPS: Readonly<Record<string, (subject: Reader) => Promise<object>>> = {
  batch_get: batchGet,
  batch_write: batchWrite,
  batch_put: (subject) => {
    const items = valuesOf(subject, "items");
    const values = items.map(({ value }) => value);
    return shown(subject, items, async () => ({
      written: await subject.table.batchPut(values, optionsOf(subject)),
    }));
  },
  batch_delete: (subject) => {
    const keys = valuesOf(subject, "keys");
    const values = keys.map(({ value }) => value);
    return shown(subject, none(keys), async () => ({
      deleted: await subject.table.batchDelete(values, optionsOf(subject)),
    }));
  },
  bulk_write: bulkWrite,
  transact_write: (subject) => {
    const made = actionsOf(subject);
    const actions = made.map(({ action }) => action);
    return shown(subject, made, async () => {
      await subject.client.transactWrite(actions, { ...tokenOf(subject), ...signalOf(subject) });
      return {};
    });
  },
  transact_prepare: (subject) => {
    const made = actionsOf(subject);
    const actions = made.map(({ action }) => action);
    return shown(subject, made, async () => ({
      request: await subject.client.prepare(actions, tokenOf(subject)),
    }));
  },
  transact_send: (subject) =>
    shown(subject, undefined, async () => {
      await subject.client.transactSend(subject.args.request as string, signalOf(subject));
      return {};
    }),
  transact_get: (subject) => {
    const gets = listOf(subject.args, "gets");
    const models = gets.map(({ model }) => ({ model: modelOf(subject, model as string), value: undefined }));
    return shown(subject, undefined, async () => {
      const actions = gets.map((get) => makeGet(subject, get));
      const items = await subject.client.transactGet(actions, signalOf(subject));
      return { items: items.map((item, index) => taggedOf(models[index]?.model, item)) };
    });
  },
};
