/** An HTTP server that answers as a test says, and keeps what it was asked. */

import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server does with one request. */
export interface Reply {
  readonly status?: number;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Cuts the connection before the answer, or in the middle of it. */
  readonly cut?: "before" | "mid";
  /** Never answers. */
  readonly hang?: boolean;
}

/** What the server was asked. */
export interface Seen {
  readonly target: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** A running server. */
export interface TestServer {
  readonly url: string;
  readonly seen: Seen[];
  /** Play these replies to the next requests. */
  play(...replies: Reply[]): void;
  close(): Promise<void>;
}

/** Start a server on a free port of the loopback. */
export async function startServer(): Promise<TestServer> {
  const seen: Seen[] = [];
  let script: Reply[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { headers } = request;
      seen.push({ target: String(headers["x-amz-target"]), body: Buffer.concat(chunks).toString(), headers });
      const { status = 200, body = "{}", headers: extra, cut, hang } = script.shift() ?? {};
      if (hang === true) {
        return;
      }
      if (cut === "before") {
        request.socket.resetAndDestroy();
        return;
      }
      const bytes = Buffer.from(body);
      response.writeHead(status, { "content-length": bytes.length, "x-amzn-requestid": "R1", ...extra });
      if (cut === "mid") {
        response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
        return;
      }
      response.end(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    play(...replies) {
      seen.length = 0;
      script = replies;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
