"""The planted faults of streams and encryption, by the requirement family that forbids each. `key_request` and `key_response` act between the library and KMS."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from . import tampering as t
from .envelopes import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .tampering import Body, Change


def _envelopes(change: Callable[[Body], Any]) -> Change:
    """Change every envelope of a message."""

    def one(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"M"} and isinstance(value["M"], dict) and set(value["M"]) == PARTS:
            return change(value["M"])
        return value

    return lambda _op, body: t.walk(body, one)


def _binary(members: Body, name: str, change: Callable[[bytes], bytes]) -> Body:
    raw = change(base64.b64decode(members[name]["B"]))
    return {"M": {**members, name: {"B": base64.b64encode(raw).decode()}}}


def _calls(change: Callable[[Body], Body], op: str | None = None) -> Change:
    return lambda seen, body: change(body) if op in {None, seen} else body


def _in_context(change: Callable[[Body], Body]) -> Change:
    return _calls(lambda body: body | {"EncryptionContext": change(dict(body.get("EncryptionContext", {})))})


def _other_key(body: Body) -> Body:
    return body | ({"Plaintext": base64.b64encode(bytes(32)).decode()} if "Plaintext" in body else {})


def _records(change: Callable[[Body], Body]) -> Change:
    return t.on_result("records", lambda records: [change(one) for one in records])


def _turned_images(record: Body) -> Body:
    return record | {"old": record.get("new"), "new": record.get("old")}


def _count(member: str) -> Change:
    return t.on_result(member, lambda number: number + 1, "reencrypt")


def _only_one(names: Any) -> Any:
    return names[:1] if isinstance(names, list) else names


def _all_failed(responses: list[Body]) -> list[Body]:
    return [{"batchItemFailures": [*one["batchItemFailures"], *one["batchItemFailures"]]} for one in responses]


def _none_failed(responses: list[Body]) -> list[Body]:
    return [{"batchItemFailures": []} for _one in responses]


def _unguarded(op: str, body: Body) -> Body:
    return t.drop("ConditionExpression", "ReturnValuesOnConditionCheckFailure", op=op)(op, body) if op in {"PutItem", "UpdateItem"} else body


SECRET_FAULTS: dict[str, tuple[tuple[str, str, Change], ...]] = {
    "CRY": (
        ("envelope-of-another-version", "request", _envelopes(lambda members: {"M": members | {"v": {"N": "2"}}})),
        ("envelope-extended", "request", _envelopes(lambda members: {"M": members | {"alg": {"S": "AES"}}})),
        ("envelope-without-nonce", "request", _envelopes(lambda members: {"M": {name: value for name, value in members.items() if name != "nonce"}})),
        ("nonce-fixed", "request", _envelopes(lambda members: _binary(members, "nonce", lambda _raw: bytes(12)))),
        ("tag-cut", "request", _envelopes(lambda members: _binary(members, "ct", lambda raw: raw[:-4]))),
        ("not-sealed", "request", _envelopes(lambda _members: {"S": "my secret"})),
        ("ciphertext-of-another", "request", _envelopes(lambda members: _binary(members, "ct", lambda raw: raw[1:] + raw[:1]))),
        ("answer-damaged", "response", _envelopes(lambda members: _binary(members, "ct", lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])))),
        ("damage-swallowed", "answer", t.swallow("InvalidEncryptedEnvelope")),
        ("damage-recoded", "answer", t.recode("InvalidEncryptedEnvelope", "DecodeFailed")),
        ("damage-without-path", "answer", t.on_error(lambda error: t.lose("path")(error) if error["code"] == "InvalidEncryptedEnvelope" else error)),
        ("opened-lost", "answer", t.on_result("item", t.lose("note", "pin"))),
        ("plain-value-in-message", "answer", t.on_error(lambda error: error | {"message": error.get("message", "") + " my secret"})),
        ("applied-untold", "answer", t.on_error(t.lose("maybe_applied"))),
        ("key-not-fetched", "request", t.on_expression("ProjectionExpression", lambda text: text.split(", ")[0], "GetItem")),
        ("data-key-of-zeros", "key_response", _calls(_other_key)),
    ),
    "KMS": (
        ("key-of-another", "key_request", _calls(lambda body: body | {"KeyId": "alias/other"})),
        ("key-spec-of-another", "key_request", _calls(lambda body: body | {"KeySpec": "AES_128"}, "GenerateDataKey")),
        ("context-unsent", "key_request", _calls(t.lose("EncryptionContext"))),
        ("context-without-attribute", "key_request", _in_context(t.lose("dynamorm:attribute"))),
        ("context-without-namespace", "key_request", _in_context(t.lose("dynamorm:namespace"))),
        ("context-without-client", "key_request", _in_context(t.lose("tenant", "zone"))),
        ("grant-token-sent", "key_request", _calls(lambda body: body | {"GrantTokens": ["x"]})),
        ("decrypt-without-key", "key_request", _calls(t.lose("KeyId"), "Decrypt")),
        ("kms-recoded", "answer", t.recode("KeyUnavailable", "AccessDenied")),
        ("kms-never-retryable", "answer", t.on_error(lambda error: error | {"retryable": False} if error["code"] == "KeyUnavailable" else error)),
        ("kms-always-retryable", "answer", t.on_error(lambda error: error | {"retryable": True} if error["code"] == "KeyUnavailable" else error)),
        ("kms-type-lost", "answer", t.on_error(t.lose("aws"))),
    ),
    "ROT": (
        ("rewrite-unguarded", "request", _unguarded),
        ("rewrite-reads-all", "request", t.drop("ProjectionExpression", op="Scan")),
        ("rewrite-of-all-segments", "request", t.drop("Segment", "TotalSegments", op="Scan")),
        ("rewritten-miscounted", "answer", _count("rewritten")),
        ("current-miscounted", "answer", _count("current")),
        ("rewrite-failure-swallowed", "answer", t.swallow("InvalidEncryptedEnvelope")),
    ),
    "STR": (
        ("images-exchanged", "answer", _records(_turned_images)),
        ("kind-fixed", "answer", _records(lambda record: record | {"kind": "insert"})),
        ("expiry-untold", "answer", _records(lambda record: record | {"expired": False})),
        ("removal-as-expiry", "answer", _records(lambda record: record | {"expired": record.get("kind") == "remove"})),
        ("changed-cut", "answer", _records(lambda record: record | {"changed": _only_one(record.get("changed"))})),
        ("changed-empty", "answer", _records(lambda record: record | {"changed": record.get("changed") or []})),
        ("created-lost", "answer", _records(lambda record: record | {"created_at": None})),
        ("keys-lost", "answer", _records(lambda record: record | {"keys": {}})),
        ("record-swallowed", "answer", t.swallow("DecodeFailed")),
        ("failures-doubled", "answer", t.on_result("responses", _all_failed)),
        ("failures-unanswered", "answer", t.on_result("responses", _none_failed)),
        ("handled-behind", "answer", t.on_result("handled", lambda numbers: [*numbers, "99"])),
        ("projection-unguarded", "request", _unguarded),
        ("projection-always-applied", "answer", t.on_result("applied", lambda _applied: True)),
    ),
}
