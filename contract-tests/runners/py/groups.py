"""The operations of P2: batches, bulk work and transactions, whose values and keys belong to several models."""

# ruff: noqa: D102, D103, D107 - a program of small functions, each named for the line of the protocol it serves

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamorm import BatchItems, BulkCounts, BulkFailure, ItemKey, Table, errors
from natives import MODELS
from reads import tagged
from values import Json, members_from_native, members_to_native, update_members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CAPABILITIES = ["batch.get", "batch.write", "batch.bulk", "tx.write", "tx.get"]
OPTIONS = ("last_wins", "unchecked")
GET_OPTIONS = ("consistent", "select", "view")


class Group:
    """One call over many items: its arguments as native values, the caller's objects, and what is told of them."""

    def __init__(self, case: Any, do: str, on: str | None, args: Json) -> None:
        self.case, self.do, self.on, self.args = case, do, on, args
        self.client = case.client
        self.named = "writes" in args or "gets" in args
        # The model and object of each write; an object that no write has is None.
        self.objects: list[tuple[str, Any]] = []
        self.progress: list[list[int]] = []
        self.failures: list[Json] = []

    def table(self) -> Any:
        return self.case.table(self.on)

    def native(self, name: str | None, members: Json) -> Json:
        return members_to_native(self.case.schemas[name].fields, members)

    def options(self, *names: str) -> Json:
        return {name: self.args[name] for name in names if name in self.args}

    def whole(self, name: str | None, members: Json) -> Any:
        """Give the caller's object: an instance of the model where its values allow one, else the mapping."""
        values = self.native(name, members)
        if isinstance(self.case.table(name), Table):
            try:
                return MODELS[str(name)].model_validate(values)
            except ValueError:
                return values
        return values

    def kept(self, name: str | None, members: Json) -> Any:
        value = self.whole(name, members)
        self.objects.append((str(name), value))
        return value

    def keys(self, name: str) -> list[Json]:
        self.objects += [(str(self.on), None)] * len(self.args.get(name, ()))
        return [self.native(self.on, key) for key in self.args.get(name, ())]

    def gets(self) -> list[Any]:
        return [
            self.case.table(one["model"]).actions.get(self.native(one["model"], one["key"]), **{name: one[name] for name in GET_OPTIONS if name in one})
            for one in self.args["gets"]
        ]

    def actions(self, name: str) -> Iterator[Any]:
        for given in self.args[name]:
            (verb,) = given.keys() - {"model"}
            yield self.action(given["model"], verb, given[verb])

    def action(self, name: str, verb: str, args: Json) -> Any:
        call = self.case.of(name)
        make = getattr(call.table.actions, verb)
        options = call.options(args, "adopt", "upsert", "must_exist")
        if verb in {"put", "create", "save"}:
            return make(self.kept(name, args["item"]), **options)
        self.objects.append((name, None))
        changes = update_members(call.scope, args) if verb == "update" else {}
        return make(self.native(name, args["key"]), **options, **changes)

    def after(self) -> list[Json | None]:
        return [tagged(self.case.schemas[name], value) for name, value in self.objects]

    # What comes back.

    def key(self, key: ItemKey) -> Json:
        members = members_from_native(self.case.schemas[key.model].fields, key.key)
        return {"model": key.model, "key": members} if self.named else members

    def found(self, items: list[Any]) -> list[Any]:
        if not self.named:
            return [tagged(self.case.schemas[self.on], item) for item in items]
        pairs = (item if isinstance(item, tuple) else (type(item).__dynamorm_schema__.name, item) for item in items)
        return [{"model": name, "item": tagged(self.case.schemas[name], values)} for name, values in pairs]

    def fail(self, failure: BulkFailure) -> None:
        key = {} if failure.key is None else {"key": self.key(failure.key)}
        self.failures.append({"state": failure.state, "code": failure.error.code} | key)

    def details(self, error: errors.DynamORMError) -> Json:
        """Give what an error tells of many items."""
        if isinstance(error, errors.TransactionCanceledError):
            return {"reasons": [self.reason(index, one) for index, one in enumerate(error.reasons)]}
        if not isinstance(error, errors.BatchIncompleteError):
            return {}
        out: Json = {name: [self.key(key) for key in getattr(error, name)] for name in ("done", "undone", "unknown")}
        if self.do == "batch_get":
            out["items"] = self.found(error.items)
        return out | ({"failures": self.failures} if self.args.get("on_failure") else {})

    def reason(self, index: int, reason: errors.DynamORMError | None) -> Json | None:
        if reason is None:
            return None
        out: Json = {"code": reason.code, "retryable": reason.retryable} | ({} if reason.kind is None else {"kind": reason.kind})
        try:
            item = reason.item
        except errors.DynamORMError:  # it is another model's, or does not open
            item = None
        return out if item is None else out | {"item": tagged(self.case.schemas[self.objects[index][0]], item)}


def batch_get(group: Group) -> Json:
    if "gets" in group.args:
        found: BatchItems[Any, Any] = group.client.batch_get(group.gets())
        return {"items": group.found(found.items), "missing": [group.key(key) for key in found.missing]}
    keys = [group.native(group.on, key) for key in group.args["keys"]]
    found = group.table().batch_get(keys, **group.options(*GET_OPTIONS))
    fields = group.case.schemas[group.on].fields
    return {"items": group.found(found.items), "missing": [members_from_native(fields, key) for key in found.missing]}


def batch_put(group: Group) -> Json:
    return {"written": group.table().batch_put([group.kept(group.on, item) for item in group.args["items"]], **group.options(*OPTIONS))}


def batch_delete(group: Group) -> Json:
    return {"deleted": group.table().batch_delete(group.keys("keys"), **group.options(*OPTIONS))}


def batch_write(group: Group) -> Json:
    if "writes" in group.args:
        done = group.client.batch_write(list(group.actions("writes")), **group.options(*OPTIONS))
    else:
        put = [group.kept(group.on, item) for item in group.args.get("put", ())]
        done = group.table().batch_write(put, group.keys("delete"), **group.options(*OPTIONS))
    return {"written": done.written, "deleted": done.deleted}


def bulk_write(group: Group) -> Json:
    args = group.args
    options = group.options("concurrency", "unchecked") | {"progress": lambda progress: group.progress.append(counts(progress))}
    if args.get("on_failure"):
        options["on_failure"] = group.fail
    if "writes" in args:
        done = group.client.bulk_write(group.actions("writes"), **options)
    elif "put" in args:
        done = group.table().bulk_put((group.whole(group.on, item) for item in args["put"]), **options)
    else:
        done = group.table().bulk_delete((group.native(group.on, key) for key in args["delete"]), **options)
    group.objects.clear()
    out = {"written": done.written, "deleted": done.deleted, "failed": done.failed, "progress": group.progress}
    return out | ({"failures": group.failures} if args.get("on_failure") else {})


def counts(progress: BulkCounts) -> list[int]:
    return [progress.written, progress.deleted, progress.failed]


def transact_write(group: Group) -> Json:
    group.client.transact_write(list(group.actions("actions")), **group.options("token"))
    return {}


def transact_prepare(group: Group) -> Json:
    return {"request": group.client.prepare(list(group.actions("actions")), **group.options("token"))}


def transact_send(group: Group) -> Json:
    group.client.transact_send(group.args["request"])
    return {}


def transact_get(group: Group) -> Json:
    items = group.client.transact_get(group.gets())
    models = [one["model"] for one in group.args["gets"]]
    return {"items": [tagged(group.case.schemas[name], item) for name, item in zip(models, items, strict=True)]}


GROUPS: dict[str, Callable[[Group], Json]] = {
    "batch_get": batch_get,
    "batch_put": batch_put,
    "batch_delete": batch_delete,
    "batch_write": batch_write,
    "bulk_write": bulk_write,
    "transact_write": transact_write,
    "transact_prepare": transact_prepare,
    "transact_send": transact_send,
    "transact_get": transact_get,
}


def perform(case: Any, do: str, on: str | None, args: Json) -> Json:
    """Make the call; give the result with the caller's objects beside it."""
    group = Group(case, do, on, args)
    try:
        result = GROUPS[do](group)
    except errors.DynamORMError as error:
        told: Any = error
        told.details = group.details(error)
        if group.objects and do != "bulk_write":
            told.after = group.after()
        raise
    return {"result": result} | ({"after": group.after()} if group.objects else {})
