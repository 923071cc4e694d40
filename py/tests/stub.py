"""A DynamoDB of given answers on a local port; it remembers what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass
class Answer:
    """One answer; `close` cuts the connection before it, `torn` in the middle of its body."""

    body: Any = field(default_factory=dict[str, Any])
    status: int = 200
    close: bool = False
    torn: bool = False
    crc: int | None = None


def fault(name: str, status: int = 400, **members: Any) -> Answer:
    return Answer({"__type": f"com.amazonaws.dynamodb.v20120810#{name}", "message": "no", **members}, status)


@dataclass
class Stub:
    """What was asked, and what is still to be answered; the last answer stands for all that follow."""

    url: str
    answers: list[Answer]
    bodies: list[bytes] = field(default_factory=list[bytes])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def asked(self) -> list[Any]:
        return [json.loads(body) for body in self.bodies]

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            stub.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            stub.headers.append(dict(self.headers))
            answer = stub.next()
            if answer.close:
                # A reset, so that the other side cannot take the end for an answer.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("x-amzn-RequestId", f"REQUEST{len(stub.bodies)}")
            self.send_header("x-amz-crc32", str(zlib.crc32(body) if answer.crc is None else answer.crc))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.torn else body)
            self.close_connection = answer.torn

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's own name
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a closed connection is what a test asked for."""


@contextmanager
def serving(*answers: Answer) -> Generator[Stub, None, None]:
    stub = Stub("", list(answers))
    with _Server(("127.0.0.1", 0), _handler(stub)) as server:
        stub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()
