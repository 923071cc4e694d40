"""The operations of P5: tables that are made, ensured, compared and deleted, and values that move from one to another."""

# ruff: noqa: D102, D103, D107 - a program of small functions, each named for the line of the protocol it serves

from __future__ import annotations

import time
from datetime import UTC
from typing import TYPE_CHECKING, Any

from dynamorm import Model, Sse, TableSettings, Throughput, dump, errors, schema_of
from dynamorm.schema import Model as Schema
from dynamorm.testing import RecordingSleeper
from natives import MODELS
from values import Json, members_from_native, members_to_native, to_native

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamorm import EnsuredTable, MigrationCounts, MigrationFailure, MigrationProgress, TableDescription, TableDifference, TableIndex, TableKey, TableProjection

CAPABILITIES = ["tables", "tables.migrate"]
COUNTS = ("read", "written", "present", "different", "skipped", "failed")


class RealSleeper(RecordingSleeper):
    """Waits, and remembers how long."""

    def __call__(self, seconds: float) -> None:
        super().__call__(seconds)
        time.sleep(seconds)


def without_null(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}


# ---------------------------------------------------------------- what goes in


def model_of(case: Any, name: str) -> Any:
    native = MODELS.get(name)
    fits = case.typed and native is not None and dump(schema_of(native).document) == dump(case.schemas[name].document)
    return native if fits else case.schemas[name]


def models_of(case: Any, on: str, args: Json) -> Any:
    return [model_of(case, name) for name in args["models"]] if "models" in args else model_of(case, on)


def settings_of(args: Json) -> list[TableSettings]:
    """Give the settings as arguments: none where none are given."""
    if "settings" not in args:
        return []
    given = dict(args["settings"])
    if "throughput" in given:
        given["throughput"] = Throughput(**given["throughput"])
    if "index_throughput" in given:
        given["index_throughput"] = {name: Throughput(**units) for name, units in given["index_throughput"].items()}
    if "sse" in given:
        given["sse"] = Sse(**given["sse"])
    if "timeout_ms" in given:
        given["timeout_seconds"] = given.pop("timeout_ms") / 1000
    return [TableSettings(**given)]


# ---------------------------------------------------------------- what comes back


def told_key(key: TableKey) -> Json:
    return without_null({"attribute": key.attribute, "type": key.type, "kind": key.kind})


def told_projection(projection: TableProjection) -> Json:
    return without_null({"type": projection.type, "fields": None if projection.fields is None else list(projection.fields)})


def told_shape(index: TableIndex) -> Json:
    return {"type": index.type, "keys": [told_key(key) for key in index.keys], "projection": told_projection(index.projection)}


def told_index(index: TableIndex) -> Json:
    return without_null({"name": index.name, **told_shape(index), "status": index.status, "backfilling": index.backfilling})


def told_table(table: TableDescription) -> Json:
    out: Json = {name: getattr(table, name) for name in ("name", "status", "arn", "billing", "stream", "table_class", "deletion_protection", "ttl", "item_count", "size_bytes")}
    out |= {"keys": [told_key(key) for key in table.keys], "indexes": [told_index(index) for index in table.indexes], "raw": table.raw}
    out["throughput"] = None if table.throughput is None else {"read": table.throughput.read, "write": table.throughput.write}
    out["sse"] = None if table.sse is None else without_null({"status": table.sse.status, "type": table.sse.type, "key": table.sse.key})
    out["created_at"] = None if table.created_at is None else table.created_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return without_null(out)


def told_difference(difference: TableDifference) -> Json:
    out = {"what": difference.what, "index": difference.index, "kind": difference.kind}
    return without_null(out | {"expected": told_side(difference.what, difference.expected), "found": told_side(difference.what, difference.found)})


def told_side(what: str, side: Any) -> Any:
    """Give one side of a difference in the shape it has in a description."""
    if side is None:
        return None
    if what in {"keys", "index_keys"}:
        return [told_key(key) for key in side]
    if what == "sse":
        return without_null({"key": side.key})
    shapes: dict[str, Callable[[Any], Any]] = {"index": told_shape, "index_projection": told_projection}
    return shapes[what](side) if what in shapes else side


def told_ensured(ensured: EnsuredTable) -> Json:
    return {"created": ensured.created, "added": list(ensured.added), "ttl_enabled": ensured.ttl_enabled, "description": told_table(ensured.description)}


# ---------------------------------------------------------------- the operations


def ensure_table(case: Any, on: str, args: Json) -> Json:
    options = {name: args[name] for name in ("add_indexes",) if name in args}
    try:
        return told_ensured(case.client.ensure_table(models_of(case, on, args), *settings_of(args), **options))
    except errors.TableMismatchError as error:
        told: Any = error
        told.details = {"differences": [told_difference(one) for one in error.differences]}
        raise


def delete_table(case: Any, on: str, args: Json) -> Json:
    options = {name: args[name] for name in ("must_exist",) if name in args}
    if "timeout_ms" in args:
        options["timeout_seconds"] = args["timeout_ms"] / 1000
    return {"deleted": case.client.delete_table(model_of(case, on), **options)}


def fn_table(case: Any, on: str, args: Json) -> Json:
    form: str = args["form"]
    options = {name: args[name] for name in ("label",) if name in args}
    make = getattr(case.client, {"request": "table_request"}.get(form, form))
    return {"table": make(models_of(case, on, args), *settings_of(args), **options)}


TABLES: dict[str, Callable[[Any, str, Json], Json]] = {
    "create_table": lambda case, on, args: {"description": told_table(case.client.create_table(models_of(case, on, args), *settings_of(args)))},
    "ensure_table": ensure_table,
    "table_drift": lambda case, on, args: {"differences": [told_difference(one) for one in case.client.table_drift(models_of(case, on, args), *settings_of(args))]},
    "describe_table": lambda case, on, args: {"description": told_table(case.client.describe_table(models_of(case, on, args)))},
    "delete_table": delete_table,
    "list_tables": lambda case, _on, _args: {"tables": list(case.client.list_tables())},
    "fn.table": fn_table,
    "auto_migrate": lambda case, on, args: Migration(case, on, args).run(),
}


def call(case: Any, do: str, on: str | None, args: Json) -> Json:
    return TABLES[do](case, str(on), args)


# ---------------------------------------------------------------- migration


class Migration:
    """One migration: its transform, and what it was told on the way."""

    def __init__(self, case: Any, on: str, args: Json) -> None:
        self.case, self.on, self.args = case, on, args
        self.progress: list[Json] = []
        self.failures: list[Json] = []

    def run(self) -> Json:
        args = self.args
        options: Json = {name: value for name, value in args.items() if name not in {"target", "transform", "settings"}}
        if "target" in args:
            options["target_model"] = model_of(self.case, args["target"])
        if "transform" in args:
            options["transform"] = self.transform
        try:
            for settings in settings_of(args):
                options["settings"] = settings
            report = self.case.client.auto_migrate(model_of(self.case, self.on), progress=self.note, on_failure=self.fail, **options)
        except errors.DynamORMError as error:
            told: Any = error
            differences = {"differences": [told_difference(one) for one in error.differences]} if isinstance(error, errors.TableMismatchError) else {}
            told.details = {"progress": self.progress, "failures": self.failures} | differences
            raise
        phases = {"backup": report.backup, "copy": report.copy}
        out: Json = {name: {"counts": counts(done), "reasons": dict(done.reasons)} for name, done in phases.items() if done is not None}
        out |= {"created": list(report.created), "added": list(report.added), "done": report.done, "cursor": report.cursor}
        return {"report": out, "progress": self.progress, "failures": self.failures}

    def note(self, progress: MigrationProgress) -> None:
        self.progress.append({"phase": progress.phase, "counts": counts(progress.counts), "cursor": progress.cursor})

    def fail(self, failure: MigrationFailure) -> None:
        key = members_from_native(self.case.schemas[self.on].fields, failure.key)
        told: Json = {"key": key, "code": failure.reason}
        if isinstance(failure.error, errors.DynamORMError):
            told |= without_null({"kind": failure.error.kind, "path": failure.error.path})
        self.failures.append(told)

    def transform(self, value: Any) -> Any:
        source, given = self.case.schemas[self.on], self.args["transform"]
        values: Json = value.__dynamorm_attributes__() if isinstance(value, Model) else value
        if "skip" in given and self.is_that(source, values, given["skip"]):
            return None
        if "fail" in given and self.is_that(source, values, given["fail"]):
            raise RuntimeError("the transform fails")
        fields, out = self.case.schemas[self.args["target"]].fields, Json()
        for name, said in given["set"]:
            if "value" in said:
                out |= members_to_native(fields, {name: said["value"]})
            elif values.get(said["from"]) is not None:
                out[name] = values[said["from"]]
        target: Any = model_of(self.case, self.args["target"])
        if isinstance(target, Schema):
            return out
        try:
            return target.model_validate(out)
        except ValueError:
            return out

    def is_that(self, source: Any, values: Json, said: list[Any]) -> bool:
        name, tagged = said
        return bool(values.get(name) == to_native(source.field_of(name), tagged))


def counts(done: MigrationCounts) -> list[int]:
    return [getattr(done, name) for name in COUNTS]
