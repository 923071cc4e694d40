/** A key service in memory, for tests: it keeps to KMS's rules, keeps nothing secret, and forgets all with the process. */

import { createHash } from "node:crypto";
import { canonicalJson, isPlainObject } from "../text/json.ts";
import { hidden } from "./secret.ts";
import type { KeyContext, KeyService } from "./keys.ts";

/** What the service was asked for. */
export interface KeyCall {
  readonly api: "GenerateDataKey" | "Decrypt";
  readonly keyId: string;
  readonly context: KeyContext;
}

/**
 * Makes the same data keys in each run. NOT FOR PRODUCTION: whoever knows this class knows every key.
 *
 * @example
 * const keys = new InMemoryKeys();
 * const client = new Client({ transport: script, encryption: new Encryption({ key: "test", kms: keys }) });
 */
export class InMemoryKeys implements KeyService {
  /** What was asked for, in its order. */
  readonly calls: KeyCall[] = [];
  readonly #refusals: Error[] = [];
  #made = 0;

  constructor() {
    hidden(this, "InMemoryKeys");
  }

  /** Let the next call fail, by an error of your own or by the name of one of KMS's. */
  refuse(error: Error | string): void {
    this.#refusals.push(typeof error === "string" ? refusal(error) : error);
  }

  async generateDataKey(
    keyId: string,
    context: KeyContext,
  ): Promise<{ readonly plain: Uint8Array; readonly wrapped: Uint8Array }> {
    await this.#called({ api: "GenerateDataKey", keyId, context });
    this.#made += 1;
    const wrapped = Buffer.from(canonicalJson({ context: { ...context }, keyId, number: this.#made }));
    return { plain: keyOf(wrapped), wrapped: new Uint8Array(wrapped) };
  }

  async decrypt(keyId: string, wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    await this.#called({ api: "Decrypt", keyId, context });
    const known = read(wrapped);
    if (known.keyId !== keyId) {
      throw refusal(known.keyId === undefined ? "InvalidCiphertextException" : "IncorrectKeyException");
    }
    if (canonicalJson(known.context) !== canonicalJson({ ...context })) {
      throw refusal("InvalidCiphertextException");
    }
    return keyOf(wrapped);
  }

  async #called(call: KeyCall): Promise<void> {
    await Promise.resolve();
    this.calls.push(call);
    const error = this.#refusals.shift();
    if (error !== undefined) {
      throw error;
    }
  }
}

function keyOf(wrapped: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update("not for production").update(wrapped).digest());
}

function read(wrapped: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(wrapped).toString());
    return isPlainObject(value) ? value : {};
  } catch {
    return {};
  }
}

function refusal(name: string): Error {
  const error = new Error("refused");
  error.name = name;
  return Object.assign(error, { $fault: "client", $metadata: { httpStatusCode: 400 } });
}
