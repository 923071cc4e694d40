import { crc32 } from "node:zlib";
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Client } from "../../src/client.ts";
import { sdkTransport } from "../../src/transport/sdk.ts";
import { type Reply, startServer, type TestServer } from "./server.ts";
import { failure, sdkFor, Thing, type Things, thingsOf } from "./things.ts";

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server.close();
});

beforeEach(() => {
  server.play();
});

const sdk = (config: DynamoDBClientConfig = {}): DynamoDBClient => sdkFor(server, config);
const things = (dynamodb: DynamoDBClient = sdk()): Things => thingsOf(dynamodb);

function refusal(type: string, more: object = {}, status = 400): Reply {
  return { status, body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...more }) };
}

const FOUND = '{"Item":{"id":{"S":"x"},"bin":{"B":"AP8="},"text":{"S":"é😀"}}}';

describe("the standard lane", () => {
  it("sends our body, signed by the SDK, and reads the answer without it", async () => {
    server.play({ body: FOUND, headers: { "x-amz-crc32": String(crc32(Buffer.from(FOUND))) } });
    const thing = await things().get({ id: "x" });
    expect(thing).toMatchObject({ id: "x", text: "é😀", bin: Uint8Array.of(0, 255) });
    expect(server.seen).toHaveLength(1);
    const [seen] = server.seen;
    expect(seen?.target).toBe("DynamoDB_20120810.GetItem");
    expect(seen?.body).toBe('{"TableName":"things","Key":{"id":{"S":"x"}}}');
    expect(seen?.headers["content-type"]).toBe("application/x-amz-json-1.0");
    expect(seen?.headers["content-length"]).toBe(String(seen?.body.length));
    expect(seen?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDTEST\/\d{8}\/eu-central-1\/dynamodb\//,
    );
    expect(seen?.headers["user-agent"]).toContain("aws-sdk-js");
  });

  it("signs as the SDK signs the same bytes of its own", async () => {
    const client = sdk({ systemClockOffset: 0 });
    await things(client)
      .get({ id: "x" })
      .catch(() => undefined);
    await client.send(new GetItemCommand({ TableName: "things", Key: { id: { S: "x" } } }));
    const [ours, theirs] = server.seen;
    expect(theirs?.body).toBe(ours?.body);
    const names = (headers: object | undefined): string[] => Object.keys(headers ?? {}).sort();
    expect(names(ours?.headers)).toEqual(names(theirs?.headers));
    const signed = (authorization: string | undefined): string | undefined =>
      /SignedHeaders=[^,]*/.exec(authorization ?? "")?.[0];
    expect(signed(ours?.headers.authorization)).toBe(signed(theirs?.headers.authorization));
  });

  it("leaves the user's own commands on the same client alone", async () => {
    const client = sdk();
    const table = things(client);
    server.play({ body: FOUND }, { body: FOUND });
    await table.get({ id: "x" });
    const output = await client.send(new GetItemCommand({ TableName: "things", Key: { id: { S: "x" } } }));
    expect(output.Item?.bin).toEqual({ B: Uint8Array.of(0, 255) });
  });

  it("makes a client of a configuration", async () => {
    server.play({ body: FOUND });
    const { endpoint, credentials } = {
      endpoint: server.url,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    };
    const client = new Client({ dynamodb: { endpoint, credentials, region: "x" } });
    expect(await client.table(Thing).exists({ id: "x" })).toBe(true);
  });
});

describe("the SDK's retries", () => {
  it("stay in force, and send the same bytes", async () => {
    server.play(
      refusal("ThrottlingException"),
      { status: 500, body: "<html>" },
      { cut: "before" },
      { body: "{}" },
    );
    await things(sdk({ maxAttempts: 4 })).put({ id: "x", text: "y" });
    expect(server.seen).toHaveLength(4);
    expect(new Set(server.seen.map(({ body }) => body)).size).toBe(1);
  });

  it("are not added to", async () => {
    server.play(refusal("ThrottlingException"));
    const error = await failure(things().put({ id: "x" }));
    expect([error.code, error.retryable, error.maybeApplied, server.seen.length]).toEqual([
      "Throttled",
      true,
      false,
      1,
    ]);
  });

  it("cover an answer whose checksum does not fit, and one that was torn", async () => {
    server.play(
      { body: FOUND, headers: { "x-amz-crc32": "1" } },
      { body: FOUND.slice(0, 20) },
      { body: FOUND, cut: "mid" },
      { body: FOUND },
    );
    expect((await things(sdk({ maxAttempts: 4 })).get({ id: "x" })).text).toBe("é😀");
    expect(server.seen).toHaveLength(4);
  });

  it("do not cover a refusal", async () => {
    server.play(refusal("ValidationException"));
    await failure(things(sdk({ maxAttempts: 4 })).get({ id: "x" }));
    expect(server.seen).toHaveLength(1);
  });
});

describe("a fault", () => {
  it("carries what the service said, and the SDK's own error", async () => {
    const item = { id: { S: "x" }, bin: { B: "AP8=" }, blobs: { BS: ["AA=="] } };
    server.play(
      refusal("ConditionalCheckFailedException", { message: "The conditional request failed", Item: item }),
    );
    const error = await failure(things().create({ id: "x" }));
    expect(error).toMatchObject({
      code: "ConditionFailed",
      kind: "AlreadyExists",
      origin: "service",
      awsType: "ConditionalCheckFailedException",
      requestId: "R1",
      status: 400,
      maybeApplied: false,
    });
    expect(error.cause).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error.item()).toEqual({ id: "x", bin: Uint8Array.of(0, 255), blobs: new Set([Uint8Array.of(0)]) });
  });

  it.each([
    ["an unknown type", refusal("NewException"), "ServiceError", false],
    ["an unknown type of the server's", refusal("NewException", {}, 503), "ServiceError", true],
    [
      "a type in the header",
      { status: 400, body: "{}", headers: { "x-amzn-errortype": "ValidationException:http://x" } },
      "ValidationFailed",
      false,
    ],
    [
      "an item that is too large",
      refusal("ValidationException", { message: "Item size has exceeded the maximum allowed size" }),
      "ItemTooLarge",
      false,
    ],
    ["an empty refusal", { status: 400, body: "" }, "ServiceError", false],
    ["a refusal that is no JSON", { status: 503, body: "<html>" }, "ServiceError", true],
    ["a redirect", { status: 301, body: "" }, "ServiceError", false],
  ] as const)("knows %s", async (_name, reply, code, retryable) => {
    server.play(reply);
    const error = await failure(things().get({ id: "x" }));
    expect([error.code, error.origin, error.retryable, error.cause instanceof Error]).toEqual([
      code,
      "service",
      retryable,
      true,
    ]);
  });

  it.each([
    ["a wrong checksum", { body: "{}", headers: { "x-amz-crc32": "1" } }],
    ["a torn body", { body: '{"Attributes":{}}', cut: "mid" }],
    ["a body that is no JSON", { body: "<html>" }],
    ["a body that is no object", { body: "[]" }],
    ["an empty body", { body: "" }],
    ["a cut connection", { cut: "before" }],
  ] as const)("is a NetworkError for %s, and a write may have been applied", async (_name, reply) => {
    server.play(reply, reply);
    const read = await failure(things().get({ id: "x" }));
    const write = await failure(things().put({ id: "x" }));
    expect([read.code, read.retryable, read.maybeApplied]).toEqual(["NetworkError", true, false]);
    expect([write.code, write.origin, write.maybeApplied]).toEqual(["NetworkError", "service", true]);
  });

  it("is of the client's making where nothing was sent", async () => {
    const dead = sdk({ endpoint: "http://127.0.0.1:1" });
    const refused = await failure(things(dead).put({ id: "x" }));
    expect([refused.code, refused.origin, refused.maybeApplied]).toEqual(["NetworkError", "client", false]);
    const poor = sdk({
      credentials: () => Promise.reject(Object.assign(new Error(), { name: "CredentialsProviderError" })),
    });
    const denied = await failure(things(poor).put({ id: "x" }));
    expect([denied.code, denied.origin, denied.maybeApplied]).toEqual(["AccessDenied", "client", false]);
  });

  it("remembers an earlier attempt that may have been applied", async () => {
    const stale = refusal("ConditionalCheckFailedException", {
      Item: { id: { S: "x" }, text: { S: "other" } },
    });
    server.play({ status: 500, body: "{}" }, stale);
    const error = await failure(things(sdk({ maxAttempts: 2 })).create({ id: "x" }));
    expect([error.kind, error.maybeApplied]).toEqual(["AlreadyExists", true]);
  });

  it("is none where the earlier attempt stored the very item", async () => {
    server.play(
      { cut: "before" },
      refusal("ConditionalCheckFailedException", { Item: { id: { S: "x" }, text: { S: "y" } } }),
    );
    const created = await things(sdk({ maxAttempts: 2 })).create({ id: "x", text: "y" });
    expect(created.text).toBe("y");
  });
});

describe("a signal", () => {
  it("cancels what is on its way; a write may then have been applied", async () => {
    server.play({ hang: true });
    const abort = new AbortController();
    const work = failure(things().put({ id: "x" }, { signal: abort.signal }));
    await expect.poll(() => server.seen.length).toBe(1);
    abort.abort();
    const error = await work;
    expect([error.code, error.origin, error.retryable, error.maybeApplied]).toEqual([
      "Canceled",
      "service",
      false,
      true,
    ]);
  });

  it("does no harm to a call that is through", async () => {
    server.play({ body: FOUND });
    const abort = new AbortController();
    expect((await things().get({ id: "x" }, { signal: abort.signal })).id).toBe("x");
    abort.abort();
    expect(server.seen).toHaveLength(1);
  });

  it("sends nothing where it comes while the credentials are fetched", async () => {
    const asked = Promise.withResolvers<undefined>();
    const fetched = Promise.withResolvers<{ accessKeyId: string; secretAccessKey: string }>();
    const credentials = (): typeof fetched.promise => {
      asked.resolve(undefined);
      return fetched.promise;
    };
    const abort = new AbortController();
    const work = failure(things(sdk({ credentials })).put({ id: "x" }, { signal: abort.signal }));
    await asked.promise;
    abort.abort();
    fetched.resolve({ accessKeyId: "AKIDTEST", secretAccessKey: "secret" });
    const error = await work;
    expect([error.code, error.origin, error.retryable, error.maybeApplied]).toEqual([
      "Canceled",
      "client",
      false,
      false,
    ]);
    expect(server.seen).toHaveLength(0);
  });

  it("sends nothing where it was given before", async () => {
    const error = await failure(things().get({ id: "x" }, { signal: AbortSignal.abort() }));
    expect([error.code, error.origin, server.seen.length]).toEqual(["Canceled", "client", 0]);
  });
});

describe("concurrent calls", () => {
  it("of one handler keep their bodies and outcomes apart", async () => {
    const table = things();
    server.play(...Array.from({ length: 20 }, () => ({ body: "{}" })));
    await Promise.all(Array.from({ length: 20 }, (_, index) => table.put({ id: String(index) })));
    const ids = server.seen.map(
      ({ body }) => (JSON.parse(body) as { Item: { id: { S: string } } }).Item.id.S,
    );
    expect(ids.map(Number).sort((left, right) => left - right)).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    );
  });
});

describe("sdkTransport", () => {
  it("answers with a response where others would throw", async () => {
    server.play(refusal("ResourceNotFoundException"));
    const request = {
      api: "GetItem",
      tableName: "t",
      body: "{}",
      writes: false,
      delayMs: undefined,
    } as const;
    const response = await sdkTransport(sdk()).send(request);
    expect(response.ok ? undefined : response.error.code).toBe("TableNotFound");
  });
});
