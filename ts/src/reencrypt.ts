/** Re-encryption: what a table holds under older keys, or plain, is sealed anew. What a call says → operations → `client.run`. */

import type { Client } from "./client.ts";
import { canonicalValue } from "./codec/equal.ts";
import type { ModelCodec } from "./codec/item.ts";
import type { KeyValues, Seal } from "./codec/seal.ts";
import type { AttributeValue, Wire, WireItem } from "./codec/value.ts";
import type { Opened } from "./encryption/ring.ts";
import { ValidationFailed } from "./errors/catalogue.ts";
import { DynamORMError } from "./errors/error.ts";
import { holding } from "./operation/exchange.ts";
import { checkWhole } from "./operation/get.ts";
import { checkOptions } from "./operation/read-options.ts";
import { rewrite, storedPage } from "./operation/rewrite.ts";
import { canonicalJson } from "./text/json.ts";

/** What a re-encryption takes. */
export interface ReencryptOptions<K = Readonly<Record<string, unknown>>> {
  /** Seals everything anew, also what is under the client's key already. */
  readonly all?: boolean;
  /** How many items DynamoDB looks at for one page. */
  readonly pageSize?: number;
  /** Number and total: does a part of the table. */
  readonly segment?: readonly [number: number, total: number];
  /** Is told each item that fails, and the work goes on; without it the first one ends the work. */
  readonly onFailure?: ((failure: ReencryptFailure<K>) => void | Promise<void>) | undefined;
  /** Cancels the work. */
  readonly signal?: AbortSignal | undefined;
}

/** An item that failed. */
export interface ReencryptFailure<K = Readonly<Record<string, unknown>>> {
  readonly key: K;
  readonly error: DynamORMError;
}

/** What became of the items. */
export interface Reencrypted {
  readonly read: number;
  readonly rewritten: number;
  /** Left as they were: nothing encrypted in them, or nothing under another key. */
  readonly current: number;
  /** Left as they were, for somebody changed them meanwhile. */
  readonly changed: number;
  readonly failed: number;
}

type Fate = "rewritten" | "current" | "changed";

/** Seal anew what a table holds. */
export async function reencryptTable(
  client: Client,
  codec: ModelCodec,
  tableName: string,
  options: ReencryptOptions,
): Promise<Reencrypted> {
  let now = client.clock();
  checkWhole(codec);
  checkOptions(options);
  if (codec.sealed.length === 0) {
    throw new ValidationFailed("the model has no encrypted attribute");
  }
  const { signal, onFailure } = options;
  const counts = { read: 0, rewritten: 0, current: 0, changed: 0, failed: 0 };
  let start: WireItem | undefined;
  do {
    const run = { signal, now };
    const page = await client.run(storedPage(codec, tableName, start, options), run);
    const opened = await client.open(
      page.items.flatMap((item) => holding(codec, item)),
      run,
    );
    for (const item of page.items) {
      counts.read += 1;
      try {
        counts[await renew({ client, codec, tableName, run, opened }, item, options.all === true)] += 1;
      } catch (error) {
        if (onFailure === undefined || !(error instanceof DynamORMError)) {
          throw error;
        }
        counts.failed += 1;
        await onFailure({ key: codec.decodeKeys(item), error });
      }
    }
    start = page.lastKey;
    // Read anew for each page, so that no data key of a cache grows too old on a long way.
    now = start === undefined ? now : client.clock();
  } while (start !== undefined);
  return counts;
}

interface Work {
  readonly client: Client;
  readonly codec: ModelCodec;
  readonly tableName: string;
  readonly run: { readonly signal: AbortSignal | undefined; readonly now: bigint };
  readonly opened: Opened | undefined;
}

/** Seal anew what has to be of one item. */
async function renew(work: Work, item: WireItem, all: boolean): Promise<Fate> {
  const { client, codec, tableName, run } = work;
  const stale = staleOf(work, item, all);
  if (stale.length === 0) {
    return "current";
  }
  const envelopes = await client.seal(
    stale.map(({ seal }) => seal),
    run,
  );
  const attributes = stale.map(({ name, stored }, index) => ({
    ...{ name, stored },
    envelope: envelopes[index] ?? "",
  }));
  return (await client.run(rewrite(codec, tableName, item, attributes), run)) ? "rewritten" : "changed";
}

interface Stale {
  readonly name: string;
  readonly stored: AttributeValue;
  readonly seal: Seal;
}

/** Give what is not under the client's key; every envelope of the item has to open. */
function staleOf({ codec, opened }: Work, item: WireItem, all: boolean): Stale[] {
  if (opened === undefined) {
    return [];
  }
  const found = codec.sealed.flatMap((attribute) => {
    const { name } = attribute;
    const stored = Object.hasOwn(item, name) ? item[name] : undefined;
    if (stored === undefined || "NULL" in stored) {
      return [];
    }
    const plain = opened.open(stored, attribute) as AttributeValue;
    return [{ name, stored, plain }];
  });
  const key: KeyValues = codec.keyValues((name) => JSON.stringify(item[name]));
  return found
    .filter(({ stored }) => all || !opened.isCurrent(stored as Wire))
    .map(({ name, stored, plain }) => {
      // What was in an envelope is sealed as it is; what was stored plain as the codec would have written it.
      const value = plain === stored ? canonicalValue(plain) : plain;
      const seal = codec.sealOf(name, canonicalJson(value), key);
      return { name, stored, seal };
    });
}
