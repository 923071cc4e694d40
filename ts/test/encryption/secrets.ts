/** A model with encrypted attributes over given answers and a key service in memory, as the tests of encryption use it. */

import { Client, type ClientOptions } from "../../src/client.ts";
import type { AttributeValue, WireItem } from "../../src/codec/value.ts";
import { Encryption, type EncryptionOptions } from "../../src/encryption/keys.ts";
import { defineModel } from "../../src/schema/declare.ts";
import type { Table } from "../../src/table.ts";
import {
  InMemoryKeys,
  Script,
  type Step,
  testClock,
  testNonces,
  testSleeper,
  withNonces,
} from "../../src/testing.ts";

export const Note = defineModel({
  name: "Note",
  table: "notes",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    hint: { type: "S" },
    pin: { type: "N", encryption: {} },
    body: { type: "S", encryption: {} },
    marks: { type: "SS", encryption: {} },
    version: { type: "N", roles: ["version"] },
  },
});

export const NOW = 1_767_323_045_000_006_000n;

export interface Secured {
  readonly client: Client;
  readonly table: Table<(typeof Note)["definition"]>;
  readonly script: Script;
  readonly keys: InMemoryKeys;
}

export function secured(
  steps: readonly Step[],
  settings: Partial<EncryptionOptions> = {},
  options: ClientOptions = {},
): Secured {
  const script = new Script(steps);
  const keys = (settings.kms as InMemoryKeys | undefined) ?? new InMemoryKeys();
  const encryption = withNonces(new Encryption({ key: "alias/app", kms: keys, ...settings }), testNonces());
  const client = new Client({
    transport: script,
    clock: testClock(NOW),
    sleeper: testSleeper().sleeper,
    encryption,
    ...options,
  });
  return { client, table: client.table(Note), script, keys };
}

/** Seal an item as the library does, by its own write. */
export async function sealedItem(
  value: Record<string, unknown>,
  settings: Partial<EncryptionOptions> = {},
): Promise<WireItem> {
  const { table, script } = secured([{ answer: {} }], settings);
  await table.put(value as never);
  return (script.bodies[0] as { readonly Item: WireItem }).Item;
}

/** Give an envelope with one of its members changed. */
export function tampered(
  envelope: AttributeValue | undefined,
  change: Record<string, unknown>,
): AttributeValue {
  return { M: { ...(envelope as { M: WireItem }).M, ...(change as unknown as WireItem) } };
}
