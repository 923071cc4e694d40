/** The samples, against a real DynamoDB at DYNAMODB_ENDPOINT; SKIP_INTEGRATION=1 goes without. */

import { describe, expect, it, vi } from "vitest";

const PRINTED = {
  basic: ["created o-1 version 1", "updated paid version 2", "refused VersionConflict", "deleted true"],
  pages: [
    ...["message 2 by bob", "message 3 by eve", "message 4 by ada"],
    "by ada 3",
    'scanned {"garden":7,"kitchen":7}',
    ...["page 7 ada, 6 eve, 5 bob", "page 4 ada, 3 eve, 2 bob", "page 1 ada"],
  ],
  encrypted: [
    ...["read: allergic to penicillin", "ward, without a key: 7", "refused: EncryptedFieldNotQueryable note"],
    ...["sealed anew: 1 of 1", "read: no allergies", "stored: ct, edk, nonce, v"],
  ],
  "stream-handler": [
    ...["insert o-1 open written: true", "modify o-1 paid written: true", "remove o-1 by somebody"],
    ...['answer: {"batchItemFailures":[]}', 'again: {"batchItemFailures":[]}', "summary: paid"],
  ],
  transaction: [
    ...["in stock 3", "o-1 bought tea left 0", "o-2 refused fine, ConditionFailed"],
    ...["left tea 0, cup 1 none of hat", "delivered 30 failed 0"],
  ],
};

describe.skipIf(process.env.SKIP_INTEGRATION === "1")("the sample", () => {
  it.each(Object.entries(PRINTED))("%s does what it says", async (name, lines) => {
    const endpoint = process.env.DYNAMODB_ENDPOINT;
    expect(
      endpoint,
      "DYNAMODB_ENDPOINT is not set: start a DynamoDB (`make engine`), or set SKIP_INTEGRATION=1",
    ).toBeTruthy();
    vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", endpoint);
    vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", endpoint);
    // A key and region of its own, so that a shared DynamoDB Local keeps its tables apart from others' tables.
    vi.stubEnv("AWS_ACCESS_KEY_ID", "samplets");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "sample");
    vi.stubEnv("AWS_REGION", "eu-central-1");
    const log = vi.spyOn(console, "log").mockReturnValue(undefined);
    try {
      await import(`../samples/${name}/main.ts`);
      expect(log.mock.calls.map((words) => words.join(" "))).toEqual(lines);
    } finally {
      log.mockRestore();
      vi.unstubAllEnvs();
    }
  });
});
