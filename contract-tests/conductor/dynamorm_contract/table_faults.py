"""The planted faults of tables and of migration; `faults` joins them to the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import tampering as t

if TYPE_CHECKING:
    from collections.abc import Callable

    from .tampering import Body, Change


def _with(op: str, change: Callable[[Body], Body]) -> Change:
    """Change the requests of one operation."""
    return lambda seen, body: change(body) if seen == op else body


def _of_indexes(change: Callable[[Body], Body]) -> Change:
    return _with(
        "CreateTable", lambda body: body | {member: [change(index) for index in body[member]] for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes") if member in body}
    )


def _described(change: Callable[[Body], Body]) -> Change:
    return t.on_result("description", lambda told: change(told) if isinstance(told, dict) else told)


def _differences(change: Callable[[list[Body]], list[Body]]) -> Change:
    return t.on_result("differences", change)


def _mismatch(error: Body) -> Body:
    return t.lose("details")(error) if error["code"] == "TableMismatch" else error


def _ready(op: str, body: Body) -> Body:
    """Say that a table and its indexes are there already."""
    if op != "DescribeTable" or not isinstance(body.get("Table"), dict):
        return body
    table = body["Table"] | {"TableStatus": "ACTIVE"}
    indexes = table.get("GlobalSecondaryIndexes")
    ready = (
        {"GlobalSecondaryIndexes": [t.lose("Backfilling")(index) | {"IndexStatus": "ACTIVE"} for index in indexes]}
        if isinstance(indexes, list) and all(isinstance(index, dict) for index in indexes)
        else {}
    )
    return {"Table": table | ready}


def _slept(change: Callable[[list[int]], list[int]]) -> Change:
    return lambda _do, answer: answer | {"sleeps": change(answer["sleeps"])} if answer.get("sleeps") else answer


def _phases(change: Callable[[Body], Body]) -> Change:
    """Change what a report says of backup and copy."""
    return t.on_result("report", lambda report: {name: change(value) if name in {"backup", "copy"} else value for name, value in report.items()}, "auto_migrate")


def _moved(counts: list[int], source: int, target: int) -> list[int]:
    out = list(counts)
    out[target] += out[source]
    out[source] = 0
    return out


def _cursors(change: Callable[[Any], Any]) -> Change:
    def rewritten(text: str) -> str:
        return json.dumps(change(json.loads(text)), sort_keys=True, separators=(",", ":"))

    return t.on_result("report", lambda report: report | {"cursor": rewritten(report["cursor"])} if "cursor" in report else report, "auto_migrate")


def _started_anew(cursor: Any) -> Any:
    return cursor | {"copy": {number: t.lose("at")(state) | {"done": True} for number, state in cursor.get("copy", {}).items()}}


TABLE_FAULTS: dict[str, tuple[tuple[str, str, Change], ...]] = {
    "TBL": (
        ("key-schema-turned", "request", _with("CreateTable", lambda body: body | {"KeySchema": body["KeySchema"][::-1]})),
        ("attributes-undefined", "request", _with("CreateTable", lambda body: body | {"AttributeDefinitions": body["AttributeDefinitions"][:-1]})),
        ("indexes-unsent", "request", t.drop("GlobalSecondaryIndexes", op="CreateTable")),
        ("local-indexes-unsent", "request", t.drop("LocalSecondaryIndexes", op="CreateTable")),
        ("projection-of-all", "request", _of_indexes(lambda index: index | {"Projection": {"ProjectionType": "ALL"}})),
        ("index-sort-key-unsent", "request", _of_indexes(lambda index: index | {"KeySchema": index["KeySchema"][:1]})),
        ("billing-unsent", "request", t.drop("BillingMode", op="CreateTable")),
        ("stream-unsent", "request", t.drop("StreamSpecification", op="CreateTable")),
        ("protection-unsent", "request", t.drop("DeletionProtectionEnabled", op="CreateTable")),
        ("tags-unsent", "request", t.drop("Tags", op="CreateTable")),
        ("ttl-of-another", "request", _with("UpdateTimeToLive", lambda body: body | {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}})),
        ("recovery-off", "request", _with("UpdateContinuousBackups", lambda body: body | {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}})),
        ("never-waited", "response", _ready),
        ("waits-alike", "answer", _slept(lambda waits: [1000 for _ in waits])),
        ("deadline-swallowed", "answer", t.swallow("Canceled", origin="service")),
        ("bad-settings-accepted", "answer", t.swallow("ValidationFailed")),
        ("table-mismatch-swallowed", "answer", t.swallow("TableMismatch")),
        ("mismatch-untold", "answer", t.on_error(_mismatch)),
        ("differences-cut", "answer", _differences(lambda found: found[:1])),
        ("extra-untold", "answer", _differences(lambda found: [one for one in found if one["kind"] != "extra"])),
        (
            "difference-turned",
            "answer",
            _differences(lambda found: [one | {"expected": one["found"], "found": one["expected"]} if {"expected", "found"} <= set(one) else one for one in found]),
        ),
        ("created-untold", "answer", t.on_result("created", lambda created: not created, "ensure_table")),
        ("added-untold", "answer", t.on_result("added", lambda _added: [], "ensure_table")),
        ("unknown-lost", "answer", _described(lambda told: told | {"raw": {name: value for name, value in told.get("raw", {}).items() if name != "SomethingNew"}})),
        ("ttl-untold", "answer", _described(t.lose("ttl"))),
        ("protection-untold", "answer", _described(lambda told: told | {"deletion_protection": False})),
        ("missing-as-deleted", "answer", t.on_result("deleted", lambda _deleted: True)),
        ("first-page-of-tables", "response", lambda op, body: t.lose("LastEvaluatedTableName")(body) if op == "ListTables" else body),
        ("terraform-unescaped", "answer", t.on_result("table", lambda table: table.replace("$${", "${") if isinstance(table, str) else table)),
        (
            "resource-without-ttl",
            "answer",
            t.on_result("table", lambda table: table | {"Properties": t.lose("TimeToLiveSpecification")(table["Properties"])} if "Properties" in table else table),
        ),
    ),
    "MIG": (
        ("copy-unguarded", "request", t.drop("ConditionExpression", "ReturnValuesOnConditionCheckFailure", op="PutItem")),
        ("copy-of-numbers-respelled", "request", t.on_numbers(lambda text: text.lstrip("0") or "0")),
        ("unknown-left-behind", "request", t.on_item(t.lose("shoe", "odd"))),
        ("source-read-loosely", "request", t.drop("ConsistentRead", op="Scan")),
        ("page-of-any-size", "request", t.drop("Limit", op="Scan")),
        ("scan-of-all-segments", "request", t.drop("Segment", "TotalSegments", op="Scan")),
        ("started-anew", "request", t.drop("ExclusiveStartKey", op="Scan")),
        ("others-copied", "request", t.drop("FilterExpression", op="Scan")),
        ("backup-with-settings", "request", t.add("CreateTable", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})),
        ("failed-as-written", "answer", _phases(lambda phase: phase | {"counts": _moved(phase["counts"], 5, 1)})),
        ("different-as-present", "answer", _phases(lambda phase: phase | {"counts": _moved(phase["counts"], 3, 2)})),
        ("skipped-uncounted", "answer", _phases(lambda phase: phase | {"counts": [*phase["counts"][:4], 0, phase["counts"][5]]})),
        ("reasons-untold", "answer", _phases(lambda phase: phase | {"reasons": {}})),
        ("failures-dropped", "answer", t.on_result("failures", lambda _failures: [], "auto_migrate")),
        ("always-done", "answer", t.on_result("report", lambda report: report | {"done": True}, "auto_migrate")),
        ("cursor-of-another-shape", "answer", _cursors(t.lose("segments"))),
        ("cursor-at-the-end", "answer", _cursors(_started_anew)),
        ("bad-migration-cursor-accepted", "answer", t.swallow("InvalidCursor")),
        ("bad-options-accepted", "answer", t.swallow("ValidationFailed")),
        ("dry-run-ignored", "call", t.ignore("dry_run")),
        ("transform-ignored", "call", t.ignore("transform")),
        ("overwrite-ignored", "call", t.ignore("on_existing")),
        ("max-pages-ignored", "call", t.ignore("max_pages")),
        ("failure-without-key", "answer", t.on_result("failures", lambda failures: [one | {"key": {}} for one in failures], "auto_migrate")),
    ),
}
