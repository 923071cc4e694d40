"""The endpoint the libraries talk to: a scripted DynamoDB (wire) or a recording proxy in front of a real one (live), with faults.

The wire is observed here, outside the process under test, so nothing depends on what a library says of itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

from .durations import milliseconds
from .match import CaseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .engine import Engine

REQUEST_ID = "DYNAMORMCONTRACT0001"
NAMESPACE = "com.amazonaws.dynamodb.v20120810#"
HOLD_SECONDS = 10.0
LATE_SECONDS = 3.0
SETTLE_SECONDS = 0.01
CONTENT_TYPE = "application/x-amz-json-1.0"
TARGET, STREAMS = "DynamoDB_20120810", "DynamoDBStreams_20120810"
DEFAULT_REPLY: dict[str, dict[str, Any]] = {
    "Query": {"Items": [], "Count": 0, "ScannedCount": 0},
    "Scan": {"Items": [], "Count": 0, "ScannedCount": 0},
    "BatchWriteItem": {"UnprocessedItems": {}},
    "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
}


@dataclass
class Answer:
    """What goes back on the connection; `drop` says where it is cut instead."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    drop: str | None = None


@dataclass
class Seen:
    """One request as it arrived."""

    op: str
    body: dict[str, Any]
    raw: bytes
    headers: dict[str, str]


def json_answer(status: int, body: Any) -> Answer:
    """Make an answer of a JSON value."""
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())


def error_answer(error: dict[str, Any], namespace: str = NAMESPACE) -> Answer:
    """Make a service's error answer out of `{type, status?, message?, item?, reasons?, extra?}`."""
    status = int(error.get("status", 400))
    kind = str(error["type"])
    members: dict[str, Any] = {"__type": kind if "#" in kind or ":" in kind else namespace + kind}
    members |= {"message": error.get("message", "injected by the contract suite")}
    if "item" in error:
        members["Item"] = error["item"]
    if "reasons" in error:
        members["CancellationReasons"] = error["reasons"]
    return json_answer(status, members | error.get("extra", {}))


class Endpoint:
    """One HTTP endpoint; `script` is the exchange list of the running step, `seen` what arrived."""

    def __init__(self, engine: Engine | None = None, namespace: str = "contract") -> None:
        """Listen on a free port of the loopback; with an engine, forward to it under the given namespace."""
        self.engine, self.namespace = engine, namespace
        self.lock = threading.Lock()
        self.script: list[dict[str, Any]] = []
        self.salt = ""
        self.gate: threading.Barrier | None = None
        self.seen: list[Seen] = []
        self.weather: Callable[[str, dict[str, Any]], dict[str, Any] | None] | None = None
        self.tamper_request: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
        self.tamper_response: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
        self.listener: Callable[[Seen, Answer], None] | None = None
        self.services: dict[str, str] = {TARGET: CONTENT_TYPE, STREAMS: CONTENT_TYPE}
        self.request_id = REQUEST_ID
        self.server = listen(self)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

        # Bound and never listening: whoever calls here is refused, and nobody else can take the port.
        self.deaf = socket.socket()
        self.deaf.bind(("127.0.0.1", 0))
        self.deaf_url = f"http://127.0.0.1:{self.deaf.getsockname()[1]}"

    def begin(self) -> None:
        """Begin a case: its tokens are its own."""
        self.salt = secrets.token_hex(8)

    def close(self) -> None:
        """Stop listening."""
        self.deaf.close()
        self.server.shutdown()
        self.server.server_close()

    def reset(self, script: list[dict[str, Any]] | None) -> None:
        """Begin a step: forget what was seen, play this script."""
        with self.lock:
            self.script, self.seen = list(script or []), []

    def settle(self, count: int) -> None:
        """Wait for requests whose sender gave up on them: they may still be on their way in."""
        deadline = time.monotonic() + LATE_SECONDS
        while len(self.seen) < count and time.monotonic() < deadline:
            time.sleep(SETTLE_SECONDS)

    def hold(self, count: int) -> None:
        """Hold the next requests until `count` of them wait, then let all go on; 0 ends it."""
        self.gate = threading.Barrier(count, timeout=HOLD_SECONDS) if count else None

    def handle(self, op: str, raw: bytes, headers: dict[str, str]) -> Answer:
        """Record one request and answer it."""
        body = json.loads(raw or b"{}")
        if self.tamper_request is not None:
            body = self.tamper_request(op, body)
        seen = Seen(op, body, raw, headers)
        with self.lock:
            exchange = self.script[len(self.seen)] if len(self.seen) < len(self.script) else {}
            self.seen.append(seen)
        if self.gate is not None:
            self.gate.wait()
        if self.weather is not None and (fault := self.weather(op, body)) is not None:
            exchange = {"fault": fault}
        answer = self._answer(op, body, exchange)
        if self.tamper_response is not None and answer.status == 200 and answer.drop is None:  # noqa: PLR2004
            with contextlib.suppress(ValueError):
                answer = json_answer(200, self.tamper_response(op, json.loads(answer.body)))
        if self.listener is not None:
            self.listener(seen, answer)
        return answer

    def _answer(self, op: str, body: dict[str, Any], exchange: dict[str, Any]) -> Answer:
        fault = exchange.get("fault")
        if fault is not None:
            return self._fault(op, body, fault)
        if self.engine is not None:
            return self._forward(op, body)
        return scripted(op, exchange.get("reply"))

    def _fault(self, op: str, body: dict[str, Any], fault: dict[str, Any]) -> Answer:
        """Play a fault; on the live target `drop: after` and `drop: mid` are executed first, the others never reach the engine."""
        if "error" in fault:
            return error_answer(fault["error"])
        if "drop" in fault:
            where = str(fault["drop"])
            answer = self._forward(op, body) if self.engine is not None and where != "before" else json_answer(200, {})
            answer.drop = "before" if where == "after" else where
            return answer
        if "unprocessed" in fault:
            return self._unprocessed(op, body, set(fault["unprocessed"]))
        if "delay" in fault:
            time.sleep(milliseconds(fault["delay"]) / 1000)
            return self._answer(op, body, {})
        raise CaseError(f"unknown fault {fault}")

    def _unprocessed(self, op: str, body: dict[str, Any], undone: set[int]) -> Answer:
        """Leave entries of a batch undone: the others are executed, these come back as they were sent."""
        member = "UnprocessedItems" if op == "BatchWriteItem" else "UnprocessedKeys"
        kept, back = _split(body["RequestItems"], undone)
        answer = self._answer(op, {**body, "RequestItems": kept}, {}) if kept else json_answer(200, DEFAULT_REPLY[op])
        if answer.status != 200:  # noqa: PLR2004
            return answer
        reply = json.loads(answer.body)
        left = reply.get(member, {})
        for table, request in back.items():
            left[table] = request if table not in left else _joined(left[table], request)
        return json_answer(200, {**reply, member: left})

    def _forward(self, op: str, body: dict[str, Any]) -> Answer:
        assert self.engine is not None
        if "ClientRequestToken" in body:
            # DynamoDB Local answers a token that it has seen as a replay, also after its tables were made again.
            body = {**body, "ClientRequestToken": hashlib.sha256(f"{self.salt}{body['ClientRequestToken']}".encode()).hexdigest()[:36]}
        return Answer(*self.engine.call(self.namespace, op, body))


Batch = dict[str, Any]


def _split(tables: Batch, undone: set[int]) -> tuple[Batch, Batch]:
    """Part the entries of a batch, which are counted table by table in the order of their names, into those that are done and those that are not."""
    kept: Batch = {}
    back: Batch = {}
    count = 0
    for table in sorted(tables):
        request = tables[table]
        entries = request["Keys"] if isinstance(request, dict) else request
        numbered = list(enumerate(entries, count))
        count += len(entries)
        for out, chosen in ((kept, [one for index, one in numbered if index not in undone]), (back, [one for index, one in numbered if index in undone])):
            if chosen:
                out[table] = {**request, "Keys": chosen} if isinstance(request, dict) else chosen
    if undone - set(range(count)):
        raise CaseError(f"the request has {count} entries, and {sorted(undone)} are to be left undone")
    return kept, back


def _joined(left: Any, right: Any) -> Any:
    return {**left, "Keys": left["Keys"] + right["Keys"]} if isinstance(left, dict) else left + right


def scripted(op: str, reply: dict[str, Any] | None, namespace: str = NAMESPACE) -> Answer:
    """Make the answer that a case wrote down."""
    if reply is None:
        return json_answer(200, DEFAULT_REPLY.get(op, {}))
    if "body" in reply:
        return json_answer(200, reply["body"])
    if "error" in reply:
        return error_answer(reply["error"], namespace)
    if "raw" in reply:
        raw = reply["raw"]
        cut = "mid" if raw.get("cut") else None
        return Answer(int(raw.get("status", 200)), str(raw.get("body", "")).encode(), dict(raw.get("headers", {})), drop=cut)
    if "drop" in reply:
        where = "before" if reply["drop"] is True else str(reply["drop"])
        return Answer(drop="before" if where == "after" else where, body=b'{"Attributes":{}}')
    raise CaseError(f"unknown reply {reply}")


class Service(Protocol):
    """What answers behind a port: the target prefixes it knows, with the content type of each."""

    services: dict[str, str]
    request_id: str

    def handle(self, op: str, raw: bytes, headers: dict[str, str]) -> Answer:
        """Answer one request."""
        ...


def listen(service: Service) -> ThreadingHTTPServer:
    """Serve on a free port of the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def _handler(endpoint: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing; the transcript is the log."""
            del format, args

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            service, _, op = (self.headers.get("X-Amz-Target") or "").partition(".")
            if (self.path, endpoint.services.get(service)) != ("/", self.headers.get("Content-Type", "")) or "Authorization" not in self.headers:
                self._send(error_answer({"type": "UnknownOperationException"}))  # as DynamoDB answers what is not addressed to it; no script sees it
                return
            try:
                answer = endpoint.handle(op, raw, {key.lower(): value for key, value in self.headers.items()})
            except Exception as error:  # noqa: BLE001 - a fault of the conductor must reach the library as an answer nobody mistakes for DynamoDB's
                answer = json_answer(500, {"__type": "ConductorFault", "message": repr(error)})
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            if answer.drop == "late":
                time.sleep(LATE_SECONDS)  # whoever waited for less is gone by then
            if answer.drop in {"before", "late"}:
                self._reset()
                return
            kind = next(iter(endpoint.services.values()))
            headers = {"Content-Type": kind, "x-amzn-RequestId": endpoint.request_id} | answer.headers | {"Content-Length": str(len(answer.body))}
            head = f"HTTP/1.1 {answer.status} X\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"
            body = answer.body[: len(answer.body) // 2] if answer.drop == "mid" else answer.body
            with contextlib.suppress(OSError):
                self.wfile.write(head.encode() + body)  # one write: two would meet Nagle and a delayed acknowledgement
            if answer.drop == "mid":
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_WR)

        def _reset(self) -> None:
            """Cut the connection so that the peer sees a reset, not an orderly end."""
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                self.connection.close()

    return Handler
