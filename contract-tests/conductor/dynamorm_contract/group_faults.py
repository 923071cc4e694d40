"""The planted faults of batches and transactions, by the requirement family that forbids each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import tampering as t

if TYPE_CHECKING:
    from .tampering import Body, Change


def _tables(change: Any) -> Change:
    """Change what a batch asks of each table."""
    return lambda _op, body: body | {"RequestItems": {table: change(part) for table, part in body["RequestItems"].items()}} if "RequestItems" in body else body


def _turned(part: Any) -> Any:
    return list(reversed(part)) if isinstance(part, list) else part | {"Keys": list(reversed(part["Keys"]))}


def _unstamped(part: Any) -> Any:
    if not isinstance(part, list):
        return part
    return [
        {"PutRequest": {"Item": {name: value for name, value in entry["PutRequest"]["Item"].items() if name not in {"updated_at", "touched"}}}} if "PutRequest" in entry else entry
        for entry in part
    ]


def _without_consistency(part: Any) -> Any:
    return part if isinstance(part, list) else {name: value for name, value in part.items() if name != "ConsistentRead"}


def _without_last_name(part: Any) -> Any:
    """Fetch less than the paths and the keys."""
    if isinstance(part, list) or "," not in part.get("ProjectionExpression", ""):
        return part
    return t.tidy(part | {"ProjectionExpression": part["ProjectionExpression"].rpartition(", ")[0]})


def _details(change: Any) -> Change:
    return t.on_error(lambda error: error | {"details": change(error["details"])} if "details" in error else error)


def _certain(details: Body) -> Body:
    return details | {"undone": [*details.get("undone", []), *details["unknown"]], "unknown": []} if "unknown" in details else details


def _first_reason_alone(details: Body) -> Body:
    return details | {"reasons": [reason if index == 0 else None for index, reason in enumerate(details["reasons"])]} if "reasons" in details else details


def _actions(change: Any) -> Change:
    """Change each action of a transaction."""
    return lambda _op, body: (
        body | {"TransactItems": [{kind: change(part) for kind, part in entry.items()} for entry in body["TransactItems"]]} if "TransactItems" in body else body
    )


def _unguarded(part: Body) -> Body:
    return t.tidy({name: value for name, value in part.items() if name not in {"ConditionExpression", "ReturnValuesOnConditionCheckFailure"}})


def _stamped_all_the_same(error: Body) -> Body:
    after = error.get("after")
    return error | {"after": [value and value | {"version": {"N": "9"}} for value in after]} if isinstance(after, list) else error


def _sleeps(change: Any) -> Change:
    return lambda _do, answer: answer | {"sleeps": change(answer["sleeps"])} if "sleeps" in answer else answer


def _other_request(text: str) -> str:
    return text.replace('":', '": ')


GROUP_FAULTS: dict[str, tuple[tuple[str, str, Change], ...]] = {
    "BAT": (
        ("items-left-dropped", "response", lambda _op, body: body | {"UnprocessedItems": {}} if "UnprocessedItems" in body else body),
        ("keys-left-dropped", "response", lambda _op, body: body | {"UnprocessedKeys": {}} if "UnprocessedKeys" in body else body),
        ("batch-turned", "request", _tables(_turned)),
        ("batch-unstamped", "request", _tables(_unstamped)),
        ("batch-consistency-forgotten", "request", _tables(_without_consistency)),
        ("batch-fetches-less", "request", _tables(_without_last_name)),
        ("missing-lost", "answer", t.on_result("missing", lambda _keys: [])),
        ("items-turned", "answer", t.on_result("items", lambda items: list(reversed(items)))),
        ("miscounted", "answer", t.on_result("written", lambda number: number + 1)),
        ("conditions-dropped", "call", lambda _do, arguments: arguments | {"unchecked": True}),
        ("last-wins-always", "call", lambda _do, arguments: arguments | {"last_wins": True}),
        ("unknown-as-undone", "answer", _details(_certain)),
        ("done-lost", "answer", _details(t.lose("done"))),
        ("found-lost", "answer", _details(t.lose("items"))),
        ("bad-batch-accepted", "answer", t.swallow("ValidationFailed")),
        ("after-lost", "answer", lambda _do, answer: {name: value for name, value in answer.items() if name != "after"}),
    ),
    "RTY": (
        ("waits-untold", "answer", _sleeps(lambda _sleeps: [])),
        ("waits-doubled", "answer", _sleeps(lambda sleeps: [2 * wait for wait in sleeps])),
        ("left-for-good", "response", lambda _op, body: body | {"UnprocessedItems": {}, "UnprocessedKeys": {}}),
        ("no-attempts-accepted", "answer", t.swallow("ValidationFailed")),
    ),
    "BLK": (
        ("progress-untold", "answer", t.on_result("progress", lambda _progress: [])),
        ("failures-untold", "answer", t.on_result("failures", lambda _failures: [])),
        ("failures-uncounted", "answer", t.on_result("failed", lambda _failed: 0)),
        ("on-failure-ignored", "call", t.ignore("on_failure")),
        ("no-concurrency-accepted", "answer", t.swallow("ValidationFailed")),
    ),
    "TRX": (
        ("token-unsent", "request", t.drop("ClientRequestToken")),
        ("token-of-another", "request", lambda _op, body: body | {"ClientRequestToken": body["ClientRequestToken"] + "x"} if "ClientRequestToken" in body else body),
        ("actions-turned", "request", lambda _op, body: body | {"TransactItems": list(reversed(body["TransactItems"]))} if "TransactItems" in body else body),
        ("actions-unguarded", "request", _actions(_unguarded)),
        ("reasons-lost", "answer", _details(t.lose("reasons"))),
        ("first-reason-alone", "answer", _details(_first_reason_alone)),
        ("stamped-after-failure", "answer", t.on_error(_stamped_all_the_same)),
        ("absent-left-out", "answer", t.on_result("items", lambda items: [item for item in items if item is not None])),
        ("bad-transaction-accepted", "answer", t.swallow("ValidationFailed")),
        ("prepared-with-spaces", "answer", t.on_result("request", _other_request)),
        ("mismatch-swallowed", "answer", t.swallow("IdempotencyMismatch", origin="service")),
    ),
}
