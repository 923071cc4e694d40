"""The Python runner: calls on standard input become calls of the library, what comes back becomes lines. It asserts nothing."""

# ruff: noqa: D102, D103, D107 - a program of small functions, each named for the line of the protocol it serves

from __future__ import annotations

import json
import sys
import traceback
from typing import TYPE_CHECKING, Any

import boto3
import sealing
import streams
import tables
from botocore.config import Config
from dynamorm import DMS_VERSIONS, Client, DynamicTable, Model, Retries, Table, __version__, canonical_dms, dump, errors, load_dms, schema_of
from dynamorm.codec import ItemCodec, item_size
from dynamorm.expression import Changes, Compiler, Placeholders, Scope, UpdateCompiler
from dynamorm.testing import FixedClock, FixedRandom, FixedTokens, RecordingSleeper, Script
from groups import CAPABILITIES as OF_GROUPS
from groups import GROUPS, perform
from natives import MODELS
from reads import READS, fn_cursor_decode, fn_cursor_encode, read, tagged
from values import Json, condition, members_from_native, members_to_native, update_members

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamorm.schema import Model as Schema

OF_TABLES = ["dms", "native", "crud", "condition", "update", "lifecycle", "lock.version", "errors", "query", "scan", "scan.parallel", "query.cursor", "query.models"]
CAPABILITIES = [*OF_TABLES, *OF_GROUPS, *streams.CAPABILITIES, *sealing.CAPABILITIES, *tables.CAPABILITIES]


# ---------------------------------------------------------------- the client of a case


SDK_CLIENTS: dict[tuple[str, int, int, str], Any] = {}


def sdk_client(endpoint: str, retries: int, timeout_ms: int, region: str) -> Any:
    key = (endpoint, retries, timeout_ms, region)
    if key not in SDK_CLIENTS:
        config = Config(retries={"mode": "standard", "total_max_attempts": retries + 1}, read_timeout=timeout_ms / 1000 or 10, connect_timeout=5)
        session = boto3.Session("AKIDCONTRACT", "secret", region_name=region)
        SDK_CLIENTS[key] = session.client("dynamodb", endpoint_url=endpoint, config=config)
    return SDK_CLIENTS[key]


class Case:
    """What `open` made: the loaded models, the client, and the table of each model."""

    def __init__(self, message: Json) -> None:
        self.schemas: dict[str, Schema] = {}
        for document in message["documents"]:
            self.schemas |= load_dms(json.dumps(document))
        self.client: Client | None = None
        self.typed = message.get("table") == "typed"
        self.sleeper = tables.RealSleeper() if message.get("sleeper") == "real" else RecordingSleeper()
        # What the library refuses of how often a batch is sent is the answer to every call.
        self.refused: errors.DynamORMError | None = None
        self.endpoint, self.region = message["endpoint"], message["region"]
        if self.endpoint is None:  # records are decoded without a wire, too
            names: Json = {name: message[name] for name in ("table_prefix", "table_names") if name in message}
            self.client = Client(transport=Script([]), encryption=sealing.encryption_of(message), **names)
        else:
            clock = FixedClock(int(message["now_ns"]), tick_ns=int(message["tick_ns"]))
            sdk = sdk_client(message["endpoint"], message["sdk_retries"], message["sdk_timeout_ms"], message["region"])
            options: Json = {name: message[name] for name in ("table_prefix", "table_names", "cursor_secrets", "encrypt_cursor") if name in message}
            options |= {"random": FixedRandom(message.get("random", ())), "tokens": FixedTokens(message["ids"]), "sleeper": self.sleeper}
            try:
                options["retries"] = Retries(**message.get("batch", {}))
            except errors.ValidationFailedError as error:
                self.refused = error
            options["encryption"] = sealing.encryption_of(message)
            self.client = Client(sdk, clock=clock, **options)

    def table(self, name: str) -> Table[Any] | DynamicTable:
        assert self.client is not None
        native = MODELS.get(name)
        if self.typed and native is not None and dump(schema_of(native).document) == dump(self.schemas[name].document):
            typed: Table[Any] = self.client.table(native)
            return typed
        return self.client.table(self.schemas[name])

    def of(self, name: str) -> Call:
        return Call(self.table(name), self.schemas[name])

    def call(self, do: str, on: str | None, args: Json) -> Json:
        self.sleeper.slept_ms.clear()
        if self.refused is not None:
            raise self.refused
        if do in streams.STREAMS:
            return {"result": streams.stream(self, do, on, args)}
        if do in PURE:
            return {"result": PURE[do](self, on, args)}
        if do in GROUPS:
            return perform(self, do, on, args)
        if do in tables.TABLES:
            return {"result": tables.call(self, do, on, args)}
        if do in READS and on is not None:
            return {"result": read(self, do, on, args)}
        if do == "reencrypt" and on is not None:
            return {"result": sealing.reencrypt(self, on, args)}
        if do not in OPERATIONS or on is None:
            return {"unsupported": do}
        return {"result": OPERATIONS[do](self.of(on), args)}


class Call:
    """One operation on one table."""

    def __init__(self, table: Any, schema: Schema) -> None:
        self.table, self.schema = table, schema
        self.scope = Scope(ItemCodec(schema))

    def native(self, members: Json) -> Json:
        return members_to_native(self.schema.fields, members)

    def key(self, args: Json) -> Any:
        """Give a key as a program does: a whole value as an object of its class, any other by the names of its class's fields."""
        values, model = self.native(args["key"]), MODELS.get(self.schema.name)
        if not isinstance(self.table, Table) or model is None:
            return values
        if not set(values) <= set(self.schema.key_fields):
            try:
                return model.model_validate(values)
            except ValueError:
                return values
        return by_field(model, values)

    def tagged(self, value: Any) -> Json | None:
        return tagged(self.schema, value)

    def options(self, args: Json, *names: str) -> Json:
        out = {name: args[name] for name in names if name in args}
        if "condition" in args:
            out["condition"] = condition(self.scope, args["condition"])
        if "expected_version" in args:
            out["expected_version"] = int(args["expected_version"]["N"])
        return out

    def whole(self, args: Json, act: Callable[[Any], Any], *, objects: bool = True, given: bool = False) -> Any:
        """Run create, put or save on the caller's object: an instance of the model where its values allow one, else (and for some puts) the mapping.

        The result is what came back, or with `given` the caller's own object where it takes over what was stored.
        """
        values = self.native(args["item"])
        value: Any = values
        if isinstance(self.table, Table) and objects:
            try:
                value = MODELS[self.schema.name].model_validate(by_field(MODELS[self.schema.name], values))
            except ValueError:
                value = values
        try:
            new = act(value)
        except errors.DynamORMError as error:
            error.after = self.tagged(value)  # type: ignore[attr-defined]
            raise
        mutable = not value.model_config.get("frozen") if isinstance(value, Model) else not isinstance(self.table, Table)
        return value if given and mutable else new


def by_field(model: type[Model], values: Json) -> Json:
    """Name values as a program does: by the fields of a class."""
    fields = {info.alias: name for name, info in model.model_fields.items()}
    return {fields.get(name, name): value for name, value in values.items()}


def do_put(call: Call, args: Json) -> Json:
    # A put of nothing else is by a map, which a table of a class takes, too.
    new, old = call.whole(args, lambda value: call.table.replace(value, **call.options(args, "return_old")), objects=len(args) > 1)
    return {"item": call.tagged(new)} | ({} if old is None else {"old": call.tagged(old)})


def do_get(call: Call, args: Json) -> Json:
    key, consistent = call.key(args), args.get("consistent", False)
    if "select" in args or "view" in args:
        values = call.table.select(key, args.get("select"), view=args.get("view"), consistent=consistent)
        if values is None:
            raise errors.ItemNotFoundError("no item", origin="service")
        return {"item": call.tagged(values)}
    return {"item": call.tagged(call.table.get(key, consistent=consistent))}


def do_find(call: Call, args: Json) -> Json:
    key, consistent = call.key(args), args.get("consistent", False)
    if "select" in args or "view" in args:
        return {"item": call.tagged(call.table.select(key, args.get("select"), view=args.get("view"), consistent=consistent))}
    return {"item": call.tagged(call.table.find(key, consistent=consistent))}


def do_update(call: Call, args: Json) -> Json:
    options = call.options(args, "upsert") | update_members(call.scope, args)
    returns = args.get("return", "new")
    key = call.key(args)
    if returns == "new":
        value = call.table.update(key, **options)
        return {"item": call.tagged(value)}
    return {"item": call.tagged(call.table.change(key, returns=returns, **options))}


def do_delete(call: Call, args: Json) -> Json:
    old = call.table.delete(call.key(args), **call.options(args, "must_exist", "return_old"))
    return {} if old is None else {"old": call.tagged(old)}


def do_project(call: Call, args: Json) -> Json:
    return {"applied": call.table.project(call.native(args["item"]), args["by"])}


OPERATIONS: dict[str, Callable[[Call, Json], Json]] = {
    "create": lambda call, args: {"item": call.tagged(call.whole(args, call.table.create, given=True))},
    "put": do_put,
    "save": lambda call, args: {"item": call.tagged(call.whole(args, lambda value: call.table.save(value, **call.options(args, "adopt"))))},
    "get": do_get,
    "find": do_find,
    "exists": lambda call, args: {"exists": call.table.exists(call.key(args), consistent=args.get("consistent", False))},
    "update": do_update,
    "delete": do_delete,
    "project": do_project,
}


def fn_native(_case: Case, _on: str | None, args: Json) -> Json:
    return {"dms": dump(schema_of(MODELS[args["model"]]).document)}


def fn_marshal(case: Case, on: str | None, args: Json) -> Json:
    schema = case.schemas[str(on)]
    return {"item": ItemCodec(schema).marshal_item(members_to_native(schema.fields, args["item"]))}


def fn_unmarshal(case: Case, on: str | None, args: Json) -> Json:
    schema = case.schemas[str(on)]
    return {"item": members_from_native(schema.fields, ItemCodec(schema).unmarshal_item(args["item"]))}


def fn_expression(case: Case, on: str | None, args: Json) -> Json:
    scope, placeholders, out = Scope(ItemCodec(case.schemas[str(on)])), Placeholders(), {}
    compiler = Compiler(scope, placeholders)
    if "condition" in args:
        out["condition"] = compiler.condition(condition(scope, args["condition"]))
    if "update" in args:
        out["update"] = UpdateCompiler(scope, frozenset()).plan(Changes.of(update_members(scope, args["update"]))).text(placeholders)
    if "select" in args:
        out["projection"] = compiler.projection(args["select"])
    members = placeholders.members()
    renamed = {"names": "ExpressionAttributeNames", "values": "ExpressionAttributeValues"}
    return out | {name: members[member] for name, member in renamed.items() if member in members}


PURE: dict[str, Callable[[Case, str | None, Json], Json]] = {
    "fn.dms.load": lambda _case, _on, args: {"dms": canonical_dms(args["text"])},
    "fn.dms.native": fn_native,
    "fn.marshal": fn_marshal,
    "fn.unmarshal": fn_unmarshal,
    "fn.size": lambda case, on, args: {"bytes": item_size(fn_marshal(case, on, args)["item"])},
    "fn.expression": fn_expression,
    "fn.cursor.encode": fn_cursor_encode,
    "fn.cursor.decode": fn_cursor_decode,
    **sealing.PURE,
}


# ---------------------------------------------------------------- the protocol


def report(error: errors.DynamORMError, schema: Schema | None) -> Json:
    out: Json = {"code": error.code, "origin": error.origin, "retryable": error.retryable, "message": str(error), "cause": error.__cause__ is not None}
    name = error.code if error.code.endswith("Error") else f"{error.code}Error"
    out["symbol"] = isinstance(error, getattr(errors, name)) and (error.kind is None or isinstance(error, getattr(errors, f"{error.kind}Error")))
    for member in ("kind", "aws", "path", "request_id", "status"):
        if getattr(error, member) is not None:
            out[member] = getattr(error, member)
    if error.maybe_applied:
        out["maybe_applied"] = True
    try:
        item = error.item
    except errors.DynamORMError:  # it is another model's, or does not open; the error that brought it is the answer all the same
        item = None
    if item is not None and schema is not None:
        out["details"] = {"item": members_from_native(schema.fields, item.__dynamorm_attributes__() if isinstance(item, Model) else item)}
    if getattr(error, "details", None):
        out["details"] = error.details  # type: ignore[attr-defined]
    if getattr(error, "after", None) is not None:
        out["after"] = error.after  # type: ignore[attr-defined]
    return out


def answer(message: Json, cases: dict[str, Case]) -> Json:
    command = message["cmd"]
    if command == "hello":
        return {"ok": {"impl": "dynamorm-py", "language": "py", "version": __version__, "dms": list(DMS_VERSIONS), "capabilities": CAPABILITIES, "native_models": sorted(MODELS)}}
    if command == "open":
        cases[message["client"]] = Case(message)
        return {"ok": {}}
    if command == "close":
        cases.pop(message["client"], None)
        return {"ok": {}}
    return cases[message["client"]].call(message["do"], message.get("on"), message["args"])


def main() -> None:
    cases: dict[str, Case] = {}
    for line in sys.stdin:
        message = json.loads(line)
        out: Json
        try:
            out = answer(message, cases)
        except errors.DynamORMError as error:
            case = cases.get(message.get("client", ""))
            out = {"error": report(error, case.schemas.get(message.get("on")) if case is not None else None)}
        except Exception as error:  # noqa: BLE001 - what the library lets escape is what the conductor wants to know
            out = {"crash": {"message": repr(error), "stack": traceback.format_exc()[-1500:]}}
        case = cases.get(message.get("client", ""))
        if case is not None and case.sleeper.slept_ms and message["cmd"] == "call":
            out["sleeps"] = case.sleeper.slept_ms
        sys.stdout.write(json.dumps({"id": message["id"], **out}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
