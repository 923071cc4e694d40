/** The door to KMS, through the SDK's own client and its own hook for sending. */

import { inspect } from "node:util";
import { KMSClient } from "@aws-sdk/client-kms";
import { describe, expect, it } from "vitest";
import { Encryption, ringOf } from "../../src/encryption/keys.ts";
import type { Ring } from "../../src/encryption/ring.ts";
import { keyError } from "../../src/encryption/refusal.ts";
import { codecOf } from "../../src/codec/item.ts";
import { kmsKeys } from "../../src/kms.ts";
import { Note } from "./secrets.ts";

interface Sent {
  readonly target: string;
  readonly body: unknown;
}

interface Answered {
  readonly status?: number;
  readonly body?: string;
  readonly thrown?: Error;
}

/** A KMS that gives these answers. */
function service(answers: readonly Answered[]): { readonly sent: Sent[]; readonly client: KMSClient } {
  const sent: Sent[] = [];
  const left = [...answers];
  const client = new KMSClient({
    region: "us-east-1",
    credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
    maxAttempts: 1,
    requestHandler: {
      handle(request: { headers: Record<string, string>; body: Uint8Array }) {
        sent.push({
          target: request.headers["x-amz-target"] ?? "",
          body: JSON.parse(Buffer.from(request.body).toString()),
        });
        const { status = 200, body = "{}", thrown } = left.shift() ?? {};
        if (thrown !== undefined) {
          return Promise.reject(thrown);
        }
        const headers = { "x-amzn-requestid": "REQUEST", "content-type": "application/x-amz-json-1.1" };
        return Promise.resolve({ response: { statusCode: status, headers, body: Buffer.from(body) } });
      },
    } as never,
  });
  return { sent, client };
}

const PLAIN = Buffer.alloc(32, 7).toString("base64");
const CONTEXT = { "dynamorm:model": "Note", "dynamorm:attribute": "body" };

const ring = (client: KMSClient): Ring =>
  ringOf(new Encryption({ key: "alias/app", kms: kmsKeys(client) }), 0n, undefined);

const seals = codecOf(Note, true).draftItem({ id: "a", body: "my secret" }).seals;

async function refusal(answered: Answered): Promise<Record<string, unknown>> {
  return ring(service([answered]).client)
    .envelopes(seals)
    .then(
      () => expect.unreachable(),
      (error: unknown) => error as Record<string, unknown>,
    );
}

describe("the door to KMS", () => {
  it("asks with exactly what the operation needs", async () => {
    const { sent, client } = service([
      { body: JSON.stringify({ Plaintext: PLAIN, CiphertextBlob: "AQID", KeyId: "arn" }) },
      { body: JSON.stringify({ Plaintext: PLAIN, KeyId: "arn" }) },
    ]);
    const kms = kmsKeys(client);
    const made = await kms.generateDataKey("alias/app", CONTEXT, {});
    expect([made.plain.length, [...made.wrapped]]).toEqual([32, [1, 2, 3]]);
    expect(await kms.decrypt("alias/app", made.wrapped, CONTEXT, {})).toEqual(made.plain);
    expect(sent).toEqual([
      {
        target: "TrentService.GenerateDataKey",
        body: { KeyId: "alias/app", KeySpec: "AES_256", EncryptionContext: CONTEXT },
      },
      {
        target: "TrentService.Decrypt",
        body: { CiphertextBlob: "AQID", KeyId: "alias/app", EncryptionContext: CONTEXT },
      },
    ]);
  });

  it.each<readonly [string, number, boolean]>([
    ["AccessDeniedException", 400, false],
    ["DisabledException", 400, false],
    ["KMSInvalidStateException", 400, false],
    ["NotFoundException", 400, false],
    ["KeyUnavailableException", 500, true],
    ["KMSInternalException", 500, true],
    ["ThrottlingException", 400, true],
    ["SomethingNewException", 400, false],
    ["SomethingNewException", 503, true],
  ])("says of %s with status %d that it may pass: %s", async (type, status, retryable) => {
    const error = await refusal({ status, body: JSON.stringify({ __type: type, message: "no" }) });
    expect(error).toMatchObject({
      ...{ code: "KeyUnavailable", origin: "service", awsType: type, status, retryable },
      ...{ requestId: "REQUEST", path: "body", maybeApplied: false },
    });
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each<readonly [string, Answered, Record<string, unknown>]>([
    ["no type", { status: 500, body: "" }, { retryable: true, origin: "service", awsType: undefined }],
    ["no JSON", { status: 400, body: "<html>" }, { retryable: false, origin: "service", awsType: undefined }],
    [
      "half a success",
      { body: `{"Plaintext":"${PLAIN}"` },
      { retryable: true, origin: "service", awsType: undefined, status: undefined },
    ],
    ["a short key", { body: '{"Plaintext":"AAEC","CiphertextBlob":"AQID"}' }, { retryable: false }],
    ["no key", { body: '{"CiphertextBlob":"AQID"}' }, { retryable: false }],
    ["no wrapped form", { body: `{"Plaintext":"${PLAIN}"}` }, { retryable: false }],
    [
      "no connection",
      { thrown: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }) },
      { retryable: true, origin: "client" },
    ],
    [
      "a cut line",
      { thrown: Object.assign(new Error("reset"), { code: "ECONNRESET" }) },
      { retryable: true, origin: "service" },
    ],
  ])("takes an answer with %s for no key", async (_, answered, expected) => {
    expect(await refusal(answered)).toMatchObject({ code: "KeyUnavailable", path: "body", ...expected });
  });

  it("keeps no data key in an error, nor in its cause", async () => {
    for (const body of [`{"Plaintext":"${PLAIN}"`, `${PLAIN} {"Plaintext"`]) {
      const error = await refusal({ body });
      expect([error.cause, inspect(error, { showHidden: true }).includes(PLAIN.slice(0, 6))]).toEqual([
        undefined,
        false,
      ]);
    }
    const refused = await refusal({
      status: 400,
      body: JSON.stringify({ __type: "DisabledException", Plaintext: PLAIN }),
    });
    expect(Reflect.ownKeys(refused.cause as object)).not.toContain("Plaintext");
  });

  it("says that a cancelled call was cancelled", () => {
    const aborted = Object.assign(new Error("x"), { name: "AbortError" });
    expect(keyError(aborted, "body", false)).toMatchObject({ code: "Canceled" });
    expect(keyError(new Error("x"), "body", true)).toMatchObject({ code: "Canceled" });
  });
});
