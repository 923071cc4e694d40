/**
 * The standard lane: the two steps of a command that are replaced by name, and the handlers that are made of them.
 *
 * Making a handler costs the SDK as much as signing a request, so it is made once per client, API and table, and made
 * again when the client's middleware changes.
 */

import type { Request } from "../operation/exchange.ts";
import { Call, type Failure } from "./call.ts";
import { crc32 } from "./crc32.ts";
import { type Carried, WireOutput } from "./edge.ts";
import { bareType } from "./fault.ts";

interface Arguments {
  readonly input: object;
  readonly request?: HttpRequest;
}

interface HttpRequest {
  body?: unknown;
}

interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  body?: unknown;
}

interface Result {
  readonly response: HttpResponse;
  readonly output?: unknown;
}

type Handler = (args: Arguments) => Promise<Result>;

/** What the SDK tells a middleware about its command. */
interface Context {
  readonly logger?: object;
  inputFilterSensitiveLog?: (input: unknown) => unknown;
  outputFilterSensitiveLog?: (output: unknown) => unknown;
  readonly endpointV2?: object;
  readonly __smithy_context?: { readonly operationSchema?: OperationSchema };
}

/** The SDK's description of an operation: kind, name space, name, traits, input, output. */
type OperationSchema = readonly [number, string, string, unknown, unknown, unknown];

/** The members of the SDK's configuration that the two steps use. */
export interface Config {
  readonly protocol: {
    serializeRequest(operation: object, input: object, context: object): Promise<HttpRequest>;
    deserializeResponse(operation: object, context: object, response: HttpResponse): Promise<unknown>;
  };
  readonly endpoint?: () => Promise<object>;
  readonly streamCollector?: (body: unknown) => Promise<Uint8Array>;
  readonly requestHandler: object;
  readonly logger?: object;
}

/** A middleware stack. */
export interface Stack {
  add: (middleware: (next: Handler, context: Context) => Handler, options: object) => void;
  addRelativeTo: (...args: unknown[]) => unknown;
  remove: (...args: unknown[]) => unknown;
  removeByTag: (...args: unknown[]) => unknown;
}

/** A command of the SDK. */
export interface Command {
  readonly middlewareStack: Stack;
  resolveMiddleware(stack: object, config: object, options: object | undefined): Handler;
}

const SERIALIZER = { name: "serializerMiddleware", step: "serialize", tags: ["SERIALIZER"], override: true };
const DESERIALIZER = {
  name: "deserializerMiddleware",
  step: "deserialize",
  tags: ["DESERIALIZER"],
  override: true,
};

/** A handler, and what it was made for. */
interface Cached {
  readonly handler: Handler;
  readonly requestHandler: object;
  readonly logger: object | undefined;
}

const caches = new WeakMap<Stack, Map<string, Cached>>();

/** Give the handler of an API and table: the one that was made before, unless the client changed since. */
export function handlerFor(
  stack: Stack,
  config: object,
  options: object | undefined,
  request: Request,
  makeCommand: () => Command,
): Handler {
  const known = config as Config;
  if (options !== undefined) {
    // The options, a signal to cancel among them, become part of the handler.
    return make(stack, known, options, makeCommand);
  }
  const cache = cacheOf(stack);
  // The endpoint may depend on the table, and concurrent calls of one handler share what it resolved.
  const key = `${request.api} ${request.tableName}`;
  const cached = cache.get(key);
  if (cached?.requestHandler === known.requestHandler && cached.logger === known.logger) {
    return cached.handler;
  }
  const handler = make(stack, known, undefined, makeCommand);
  cache.set(key, { handler, requestHandler: known.requestHandler, logger: known.logger });
  return handler;
}

/** A stack does not say when it changes, so the methods that change it are made to. */
function cacheOf(stack: Stack): Map<string, Cached> {
  let cache = caches.get(stack);
  if (cache === undefined) {
    const made = new Map<string, Cached>();
    for (const name of ["add", "addRelativeTo", "remove", "removeByTag"] as const) {
      const change = stack[name] as (...args: unknown[]) => unknown;
      stack[name] = (...args: unknown[]): unknown => {
        made.clear();
        return change(...args);
      };
    }
    caches.set(stack, made);
    cache = made;
  }
  return cache;
}

function make(
  stack: Stack,
  config: Config,
  options: object | undefined,
  makeCommand: () => Command,
): Handler {
  const command = makeCommand();
  command.middlewareStack.add(serializer(config), SERIALIZER);
  command.middlewareStack.add(deserializer(config), DESERIALIZER);
  return command.resolveMiddleware(stack, config, options);
}

const NO_INPUT = Object.freeze({});

function serializer(config: Config): (next: Handler, context: Context) => Handler {
  return (next, context) => {
    quieten(context);
    const endpoint = async (): Promise<object | undefined> =>
      context.endpointV2 ?? (await config.endpoint?.());
    return async (args) => {
      const call = Call.of(args);
      // Middleware may have put another input into the place of ours, or changed it: then the SDK writes what it says.
      const body = call?.bodyFor(args.input);
      const request = await config.protocol.serializeRequest(
        operationOf(context),
        body === undefined ? args.input : NO_INPUT,
        { ...config, ...context, endpoint },
      );
      if (body !== undefined) {
        request.body = body;
      }
      return next({ ...args, request });
    };
  };
}

/** The SDK filters every input and output for its logger, also for the one that logs nothing. */
function quieten(context: Context): void {
  if (context.logger?.constructor.name === "NoOpLogger") {
    const same = (value: unknown): unknown => value;
    context.inputFilterSensitiveLog = same;
    context.outputFilterSensitiveLog = same;
  }
}

function operationOf({ __smithy_context: smithy }: Context): object {
  const [, namespace, name, traits, input, output] = smithy?.operationSchema ?? [];
  return { namespace, name, traits, input, output };
}

function deserializer(config: Config): (next: Handler, context: Context) => Handler {
  return (next, context) => async (args) => {
    const call = Call.of(args);
    const aborted = call?.signal?.aborted === true;
    let response: HttpResponse;
    try {
      ({ response } = await next(args));
    } catch (error) {
      call?.failedToSend(error, aborted);
      throw error;
    }
    const bytes = await bodyOf(config, call, response);
    if (response.statusCode >= 300) {
      throw await refusal(config, context, call, response, bytes);
    }
    try {
      return { response, output: readAnswer(response, bytes) };
    } catch (error) {
      call?.failedToRead(error, response.headers["x-amzn-requestid"]);
      throw error;
    }
  };
}

async function bodyOf(config: Config, call: Call | undefined, response: HttpResponse): Promise<Buffer> {
  try {
    return await collect(config, response.body);
  } catch (error) {
    if (response.statusCode >= 300) {
      // The status says what happened, though the words were cut off.
      return Buffer.alloc(0);
    }
    call?.failedToRead(error, response.headers["x-amzn-requestid"]);
    throw error;
  }
}

interface Readable {
  on(event: string, listener: (data: never) => void): void;
}

/** Read a body; Node's streams faster than the SDK's collector does. */
async function collect(config: Config, body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array || typeof body === "string") {
    return Buffer.from(body as string);
  }
  if (typeof (body as Partial<Readable> | undefined)?.on !== "function") {
    return Buffer.from((await config.streamCollector?.(body)) ?? []);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const stream = body as Readable;
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
    });
    stream.on("end", () => {
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    stream.on("error", reject);
  });
}

/** A success that did not arrive whole; the SDK retries it like a cut connection. */
class TornAnswer extends Error {
  readonly $retryable = {};

  constructor(fact: string, options?: ErrorOptions) {
    super(fact, options);
    this.name = "TornAnswer";
  }
}

function readAnswer(response: HttpResponse, bytes: Buffer): WireOutput {
  const checksum = response.headers["x-amz-crc32"];
  if (checksum !== undefined && Number(checksum) !== crc32(bytes)) {
    throw new TornAnswer("the answer's checksum does not fit");
  }
  const answer = parseObject(bytes);
  if (answer === undefined) {
    throw new TornAnswer("the answer is not a JSON object");
  }
  return new WireOutput(answer, {
    httpStatusCode: response.statusCode,
    requestId: response.headers["x-amzn-requestid"],
  });
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Give the SDK's own error for an answer that refuses, and note what the answer said. */
async function refusal(
  config: Config,
  context: Context,
  call: Call | undefined,
  response: HttpResponse,
  bytes: Buffer,
): Promise<unknown> {
  const error = await sdkError(config, context, response, bytes);
  call?.refused(failureOf(error, response, parseObject(bytes)));
  return error;
}

async function sdkError(
  config: Config,
  context: Context,
  response: HttpResponse,
  bytes: Buffer,
): Promise<unknown> {
  try {
    // A copy: the SDK makes an adapter of the very array it is given.
    response.body = new Uint8Array(bytes);
    await config.protocol.deserializeResponse(operationOf(context), { ...config, ...context }, response);
    return new Error("the SDK took an answer that refuses for a success");
  } catch (error) {
    decorate(error, response);
    return error;
  }
}

/** What the SDK's own step adds to errors: its retries go by the status, its clock by the response. */
function decorate(error: unknown, response: HttpResponse): void {
  if (typeof error === "object" && error !== null) {
    Object.defineProperty(error, "$response", { value: response, enumerable: false, configurable: true });
    if (!("$metadata" in error)) {
      Object.assign(error, {
        $metadata: {
          httpStatusCode: response.statusCode,
          requestId: response.headers["x-amzn-requestid"],
        },
      });
    }
  }
}

function failureOf(
  error: unknown,
  response: HttpResponse,
  body: Record<string, unknown> | undefined,
): Failure {
  const type = body?.__type ?? response.headers["x-amzn-errortype"] ?? body?.code;
  const message = body?.message ?? body?.Message;
  return {
    error,
    facts: {
      stage: "answered",
      type: typeof type === "string" ? bareType(type) : undefined,
      status: response.statusCode,
      requestId: response.headers["x-amzn-requestid"],
      message: typeof message === "string" ? message : undefined,
    },
    carried: { item: objectOf(body?.Item as Carried["item"]), reasons: reasonsOf(body?.CancellationReasons) },
  };
}

function objectOf<T>(value: T | undefined): T | undefined {
  return typeof value === "object" && value !== null ? value : undefined;
}

function reasonsOf(reasons: unknown): Carried["reasons"] {
  return Array.isArray(reasons) ? reasons.map((reason) => objectOf(reason as object) ?? {}) : undefined;
}
