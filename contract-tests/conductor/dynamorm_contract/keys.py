"""KMS as the libraries see it: scripted and deterministic on the wire target, a real server of its protocol behind a recording door on the live one."""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .endpoint import Answer, Seen, json_answer, listen, scripted
from .envelopes import data_key, wrapped_key
from .key_server import CONTENT_TYPE, SERVICE
from .match import CaseError, Context, match

if TYPE_CHECKING:
    from collections.abc import Callable

    from .key_server import KeyServer

REQUEST_ID = "DYNAMORMKMS000000001"
BAD_REQUEST = 400


@dataclass
class Call:
    """One call as it arrived, and the entry of the script that it used up."""

    seen: Seen
    entry: int | None
    plaintext: str | None = None


@dataclass
class Finding:
    """What was not as the script says."""

    code: str
    at: str
    message: str


@dataclass
class KeyEndpoint:
    """One KMS endpoint. Calls may come side by side, so that each uses up the first entry of the script that it fits."""

    server: KeyServer | None = None
    script: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    made: int = 0
    tamper_request: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
    tamper_response: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
    services: dict[str, str] = field(default_factory=lambda: {SERVICE: CONTENT_TYPE})
    request_id: str = REQUEST_ID

    def __post_init__(self) -> None:
        """Listen on a free port of the loopback."""
        self.lock = threading.Lock()
        self.http = listen(self)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self.http.shutdown()
        self.http.server_close()

    def begin(self) -> None:
        """Begin a case: data keys are counted from 1 again."""
        self.made = 0

    def reset(self, script: list[dict[str, Any]] | None) -> None:
        """Begin a step: forget what was seen, play this script."""
        with self.lock:
            self.script, self.calls = list(script or []), []

    def handle(self, op: str, raw: bytes, headers: dict[str, str]) -> Answer:
        """Record one call and answer it."""
        body = json.loads(raw or b"{}")
        if self.tamper_request is not None:
            body = self.tamper_request(op, body)
        with self.lock:
            call = Call(Seen(op, body, raw, headers), self._entry(op, body))
            self.calls.append(call)
            exchange = {} if call.entry is None else self.script[call.entry]
            answer = self._answer(op, body, exchange)
        if self.tamper_response is not None and answer.status < BAD_REQUEST and answer.drop is None:
            answer = json_answer(200, self.tamper_response(op, json.loads(answer.body)))
        call.plaintext = _plaintext(answer)
        return answer

    def _entry(self, op: str, body: dict[str, Any]) -> int | None:
        used = {call.entry for call in self.calls}
        for index, exchange in enumerate(self.script):
            if index not in used and exchange["op"] == op and not match(exchange.get("request", {"$$any": True}), body, Context()):
                return index
        return None

    def _answer(self, op: str, body: dict[str, Any], exchange: dict[str, Any]) -> Answer:
        if "reply" in exchange:
            return scripted(op, exchange["reply"], "")
        if self.server is not None:
            status, answer = self.server.call(op, body)
            return Answer(status, answer)
        if op == "GenerateDataKey":
            self.made += 1
            wrapped = wrapped_key(body["KeyId"], self.made, body.get("EncryptionContext", {}))
            return json_answer(200, {"KeyId": _arn(body["KeyId"]), "CiphertextBlob": _text(wrapped), "Plaintext": _text(data_key(wrapped))})
        if op == "Decrypt":
            return self._decrypt(body)
        raise CaseError(f"the scripted KMS knows no {op}")

    def _decrypt(self, body: dict[str, Any]) -> Answer:
        wrapped = base64.b64decode(body["CiphertextBlob"])
        found = re.fullmatch(rb"(\S+) (\d+) [0-9a-f]{12}", wrapped)
        if found is None:
            return _refusal("InvalidCiphertextException")
        if found[1].decode() != body.get("KeyId"):
            return _refusal("IncorrectKeyException")
        if wrapped != wrapped_key(body["KeyId"], int(found[2]), body.get("EncryptionContext", {})):
            return _refusal("InvalidCiphertextException")
        return json_answer(200, {"KeyId": _arn(body["KeyId"]), "Plaintext": _text(data_key(wrapped)), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"})

    def finding(self, wanted: list[dict[str, Any]] | None, at: str, captures: dict[str, Any]) -> Finding | None:
        """Judge the calls of a step: each entry is used up, and nothing else was asked."""
        if wanted is None:
            return None
        stray = [call.seen for call in self.calls if call.entry is None]
        missing = [index for index in range(len(wanted)) if index not in {call.entry for call in self.calls}]
        for index in missing:
            place = f"{at}/kms/{index}"
            near = next((seen for seen in stray if seen.op == wanted[index]["op"]), None)
            if near is None:
                return Finding("WIRE_MISSING", place, f"expected {wanted[index]['op']}, nothing asked")
            found = match(wanted[index].get("request", {"$$any": True}), near.body, Context(captures), f"{place}/request")
            return Finding("WIRE_MISMATCH", found[0].at, found[0].message)
        return Finding("WIRE_EXTRA", f"{at}/kms/{len(wanted)}", f"unexpected {stray[0].op}") if stray else None

    def transcript(self) -> list[dict[str, Any]]:
        """Give the calls in one order, for those of one answer may come side by side."""
        return sorted(({"op": call.seen.op, "body": call.seen.body} for call in self.calls), key=lambda one: json.dumps(one, sort_keys=True))


def _plaintext(answer: Answer) -> str | None:
    try:
        found = json.loads(answer.body).get("Plaintext")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _refusal(kind: str) -> Answer:
    return json_answer(400, {"__type": kind, "message": "refused by the scripted KMS"})


def _arn(alias: str) -> str:
    return f"arn:aws:kms:us-east-1:123456789012:key/{alias.rpartition('/')[2]}"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
