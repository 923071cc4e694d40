import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "./server.ts";
import { failure, sdkFor, type Things, thingsOf } from "./things.ts";

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

const sdk = (config = {}): DynamoDBClient => sdkFor(server, config);
const things = thingsOf;

type Middleware = (next: (args: Arguments) => Promise<Result>) => (args: Arguments) => Promise<Result>;

interface Arguments {
  readonly input: Readonly<Record<string, unknown>>;
  readonly request?: { readonly headers: Record<string, string> };
}

interface Result {
  readonly response: unknown;
  readonly output: Readonly<Record<string, unknown>>;
}

function use(
  client: DynamoDBClient,
  step: "initialize" | "build",
  middleware: Middleware,
  name?: string,
): void {
  client.middlewareStack.add(middleware as never, { step, ...(name === undefined ? {} : { name }) } as never);
}

describe("middleware of the user's", () => {
  it("sees the SDK's own input and output", async () => {
    const client = sdk();
    const looked: unknown[] = [];
    const look: Middleware = (next) => async (args) => {
      const input = args.input as { Item?: Record<string, unknown> };
      looked.push({ ...input });
      const result = await next(args);
      looked.push((result.output as { Attributes?: unknown }).Attributes);
      return result;
    };
    use(client, "initialize", look);
    server.play({ body: '{"Attributes":{"id":{"S":"x"},"bin":{"B":"AA=="}}}' });
    const { old } = await things(client).put({ id: "x", bin: Uint8Array.of(255) }, { returnOld: true });
    expect(looked).toEqual([
      {
        TableName: "things",
        Item: { id: { S: "x" }, bin: { B: Uint8Array.of(255) } },
        ReturnValues: "ALL_OLD",
      },
      { id: { S: "x" }, bin: { B: Uint8Array.of(0) } },
    ]);
    expect(old?.bin).toEqual(Uint8Array.of(0));
    expect(server.seen[0]?.body).toContain('"bin":{"B":"/w=="}');
  });

  it("may put another input into the place of ours", async () => {
    const client = sdk();
    const replace: Middleware = (next) => (args) =>
      next({ ...args, input: { ...(args.input as object), ReturnConsumedCapacity: "TOTAL" } });
    use(client, "initialize", replace);
    await things(client).put({ id: "x", bin: Uint8Array.of(1), doc: { a: [new Set([Uint8Array.of(2)])] } });
    expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({
      TableName: "things",
      Item: { id: { S: "x" }, bin: { B: "AQ==" }, doc: { M: { a: { L: [{ BS: ["Ag=="] }] } } } },
      ReturnConsumedCapacity: "TOTAL",
    });
  });

  it("may change our input in place", async () => {
    const client = sdk();
    const change: Middleware = (next) => (args) => {
      (args.input as { TableName: string }).TableName = "others";
      return next(args);
    };
    use(client, "initialize", change);
    await things(client).put({ id: "x" });
    expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({ TableName: "others", Item: { id: { S: "x" } } });
  });

  it("may change the output", async () => {
    const client = sdk();
    const change: Middleware = (next) => async (args) => {
      const result = await next(args);
      (result.output as { Item?: unknown }).Item = { id: { S: "x" }, bin: { B: Uint8Array.of(7) } };
      return result;
    };
    use(client, "initialize", change);
    expect((await things(client).get({ id: "x" })).bin).toEqual(Uint8Array.of(7));
  });

  it("may make an output of its own", async () => {
    const client = sdk();
    const make: Middleware = (next) => async (args) => {
      const result = await next(args);
      return { ...result, output: { $metadata: {}, Item: { id: { S: "x" }, text: { S: "made" } } } };
    };
    use(client, "initialize", make);
    expect((await things(client).get({ id: "x" })).text).toBe("made");
  });

  it("works from the next call on, when added or removed later", async () => {
    const client = sdk();
    const table = things(client);
    let calls = 0;
    const count: Middleware = (next) => (args) => {
      calls += 1;
      return next(args);
    };
    await table.exists({ id: "x" });
    use(client, "build", count, "count");
    await table.exists({ id: "x" });
    client.middlewareStack.use({
      applyToStack: (stack) => {
        stack.addRelativeTo(count as never, { relation: "after", toMiddleware: "count", name: "again" });
      },
    });
    await table.exists({ id: "x" });
    client.middlewareStack.remove("count");
    client.middlewareStack.remove("again");
    await table.exists({ id: "x" });
    expect(calls).toBe(3);
  });

  it("may change the request's headers", async () => {
    const client = sdk();
    const head: Middleware = (next) => (args) => {
      (args as unknown as { request: { headers: Record<string, string> } }).request.headers["x-team"] =
        "blue";
      return next(args);
    };
    use(client, "build", head);
    await things(client).exists({ id: "x" });
    expect(server.seen[0]?.headers["x-team"]).toBe("blue");
    expect(server.seen[0]?.headers.authorization).toContain("x-team");
  });
});

describe("a logger of the user's", () => {
  it("gets the input and output that the SDK would log", async () => {
    const lines: { input?: { TableName?: string; Key?: unknown } }[] = [];
    const quiet = (): void => undefined;
    const logger = { debug: quiet, warn: quiet, error: quiet, info: (line: object) => lines.push(line) };
    await things(sdk({ logger })).exists({ id: "x" });
    expect(lines[0]?.input?.TableName).toBe("things");
  });
});

describe("a mock in the place of send", () => {
  function mocked(answer: (command: { input: unknown }) => unknown): { table: Things; sent: object[] } {
    const client = sdk();
    const sent: object[] = [];
    client.send = ((command: { input: unknown }) => {
      sent.push(command);
      return Promise.resolve(answer(command));
    }) as never;
    return { table: things(client), sent };
  }

  it("gets a command of the SDK with the SDK's own input", async () => {
    const { table, sent } = mocked(() => undefined);
    await table.put({ id: "x", bin: Uint8Array.of(1) });
    expect(sent[0]).toBeInstanceOf(PutItemCommand);
    expect((sent[0] as PutItemCommand).input).toEqual({
      TableName: "things",
      Item: { id: { S: "x" }, bin: { B: Uint8Array.of(1) } },
    });
    expect((sent[0] as PutItemCommand).input).toMatchObject({ TableName: "things" });
  });

  it("may answer with the SDK's own output", async () => {
    const { table } = mocked(() => ({
      Item: { id: { S: "x" }, bin: { B: Uint8Array.of(1) }, blobs: { BS: [Uint8Array.of(2)] } },
    }));
    expect(await table.get({ id: "x" })).toEqual({
      id: "x",
      bin: Uint8Array.of(1),
      blobs: new Set([Uint8Array.of(2)]),
    });
  });

  it("may answer with the SDK's own errors", async () => {
    const { table } = mocked(() => {
      throw new ConditionalCheckFailedException({
        message: "no",
        $metadata: { httpStatusCode: 400, requestId: "R2" },
        Item: { id: { S: "x" }, bin: { B: Uint8Array.of(3) } },
      });
    });
    const error = await failure(table.create({ id: "x" }));
    expect([error.kind, error.requestId, error.awsType]).toEqual([
      "AlreadyExists",
      "R2",
      "ConditionalCheckFailedException",
    ]);
    expect(error.item()).toMatchObject({ bin: Uint8Array.of(3) });
  });

  it("may fail in a way nobody knows", async () => {
    const { table } = mocked(() => {
      throw new TypeError("boom");
    });
    const error = await failure(table.get({ id: "x" }));
    expect([error.code, error.origin, (error.cause as Error).message]).toEqual([
      "ValidationFailed",
      "client",
      "boom",
    ]);
  });
});
