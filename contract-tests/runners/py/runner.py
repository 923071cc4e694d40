"""The Python runner: calls on standard input become calls of the library, what comes back becomes lines. It asserts nothing."""

# ruff: noqa: D102, D103, D107 - a program of small functions, each named for the line of the protocol it serves

from __future__ import annotations

import base64
import json
import re
import sys
import traceback
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

import boto3
from botocore.config import Config
from dynamorm import (
    Client,
    Condition,
    DynamicTable,
    Model,
    Nested,
    Reading,
    Scan,
    Table,
    __version__,
    all_of,
    any_of,
    canonical_dms,
    dump,
    errors,
    field,
    load_dms,
    schema_of,
    sort_key,
)
from dynamorm.codec import ItemCodec, item_size
from dynamorm.expression import Changes, Compiler, FieldPath, FieldSize, Placeholders, Scope, UpdateCompiler
from dynamorm.operation import Bound, Cursor, Signer
from dynamorm.testing import FixedClock
from natives import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamorm.schema import Field
    from dynamorm.schema import Model as Schema

CAPABILITIES = ["dms", "native", "crud", "condition", "update", "lifecycle", "lock.version", "errors", "query", "scan", "scan.parallel", "query.cursor", "query.models"]
Json = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Python reads more than these; what else there is goes on as text, for the library to judge.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


# ---------------------------------------------------------------- tagged to native, and back


def to_native(attribute: Field | None, tagged: Json) -> Any:
    """Turn a tagged value into the native value of the attribute's type, or of the tag where they differ."""
    ((tag, body),) = tagged.items()
    if tag == "NULL":
        return None
    if attribute is not None and attribute.format in {"unix_seconds", "unix_millis"} and tag == "S" and TIME.fullmatch(body):
        return datetime.fromisoformat(body)
    if attribute is None or attribute.type != tag:
        return UNTYPED[tag](body)
    if tag == "S":
        return text_to_native(attribute, body)
    if tag == "N":
        return number_to_native(attribute, body)
    if tag == "L" and attribute.items is not None:
        return [to_native(attribute.items, member) for member in body]
    if tag == "M" and attribute.fields is not None:
        return members_to_native(attribute.fields, body)
    return UNTYPED[tag](body)


def members_to_native(fields: tuple[Field, ...], members: Json) -> Json:
    known = {one.name: one for one in fields}
    return {name: to_native(known.get(name), value) for name, value in members.items()}


def text_to_native(attribute: Field, text: str) -> Any:
    """Give the native value of a text format; text that is none goes on as text, for the library to refuse."""
    if attribute.json:
        return json.loads(text, parse_float=Decimal)
    try:
        if attribute.format == "timestamp":
            return datetime.fromisoformat(text) if TIME.fullmatch(text) else text
        if attribute.format == "date":
            return date.fromisoformat(text) if DATE.fullmatch(text) else text
        if attribute.format == "uuid":
            return UUID(text) if UUID_TEXT.fullmatch(text) else text
    except ValueError:
        return text
    return text == "true" if attribute.format == "bool_string" and text in {"true", "false"} else text


def number_to_native(attribute: Field, text: str) -> Any:
    """Give the native number of a format; what an int cannot hold goes on as a Decimal, for the library to refuse."""
    try:
        if attribute.format == "float":
            return float(text)
        return Decimal(text) if attribute.format == "decimal" else plain_number(text)
    except (ValueError, InvalidOperation):
        return text


def plain_number(text: str) -> Any:
    number = Decimal(text)
    return int(number) if number.is_finite() and number == number.to_integral_value() else number


UNTYPED: dict[str, Callable[[Any], Any]] = {
    "S": lambda body: body,
    "N": plain_number,
    "B": base64.b64decode,
    "BOOL": lambda body: body,
    "NULL": lambda _body: None,
    "SS": set,
    "NS": lambda body: {plain_number(member) for member in body},
    "BS": lambda body: {base64.b64decode(member) for member in body},
    "L": lambda body: [to_native(None, member) for member in body],
    "M": lambda body: {name: to_native(None, member) for name, member in body.items()},
}


def from_native(attribute: Field | None, value: Any) -> Json:
    """Turn a native value into a tagged one."""
    if attribute is not None and attribute.json:
        return {"S": json_text(value)}
    if isinstance(value, (Model, Nested)):
        value = value.__dynamorm_attributes__()
    if isinstance(value, dict):
        fields = () if attribute is None or attribute.fields is None else attribute.fields
        return {
            "M": members_from_native(fields, value)
            if fields or (attribute is not None and attribute.fields == ())
            else {name: from_native(None, member) for name, member in value.items()}
        }
    if isinstance(value, list):
        return {"L": [from_native(None if attribute is None else attribute.items, member) for member in value]}
    if isinstance(value, (set, frozenset)):
        return set_from_native(attribute, value)
    return scalar_from_native(attribute, value)


def json_text(value: Any) -> str:
    """Write a JSON value with every digit of its numbers, which `json` would not."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{json_text(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def set_from_native(attribute: Field | None, value: Any) -> Json:
    tags: dict[type, str] = {str: "SS", bytes: "BS"}
    tag = tags.get(type(next(iter(value))), "NS") if value else "SS" if attribute is None else attribute.type
    return {tag: sorted(base64.b64encode(member).decode() if isinstance(member, bytes) else str(member) for member in value)}


def scalar_from_native(attribute: Field | None, value: Any) -> Json:
    kind = attribute.type if attribute is not None else None
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"S": "true" if value else "false"} if kind == "S" else {"BOOL": value}
    if isinstance(value, datetime):
        if kind == "N":
            unit = timedelta(milliseconds=1 if attribute is not None and attribute.format == "unix_millis" else 1000)
            return {"N": str((value - EPOCH) // unit)}
        try:
            return {"S": value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")}
        except OverflowError:
            return {"S": value.isoformat()}
    if isinstance(value, (date, UUID)):
        return {"S": str(value)}
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode()}
    return {"N": repr(value) if isinstance(value, float) else str(value)} if isinstance(value, (int, float, Decimal)) else {"S": value}


def members_from_native(fields: tuple[Field, ...], values: Mapping[str, Any]) -> Json:
    """Tag the members of an item or typed map; null attributes and empty sets are left out."""
    known = {one.name: one for one in fields}
    out = {}
    for name, value in values.items():
        attribute = known.get(name)
        if value is None or (isinstance(value, (set, frozenset)) and not value):
            continue
        out[name] = from_native(attribute, value)
    return out


# ---------------------------------------------------------------- conditions and updates


def operand(scope: Scope, path: Any, given: Json, *, member: bool = False) -> Any:
    if "attr" in given:
        return field(given["attr"])
    if "size" in given:
        return field(given["size"]).size()
    return value_at(scope, path, given["value"], member=member)


def value_at(scope: Scope, path: Any, tagged: Json, *, member: bool = False) -> Any:
    """Turn an operand into the native value of the attribute its path names."""
    plan = None if path is None else scope.plan(field(path).path)
    attribute = None if plan is None else plan.field
    if member and attribute is not None:
        attribute = attribute.items if attribute.type == "L" else None
    return to_native(attribute, tagged)


COMPARE: dict[str, Callable[[FieldPath | FieldSize, Any], Condition]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
}


def condition(scope: Scope, given: list[Any]) -> Condition:
    name, *rest = given
    if name in {"and", "or"}:
        return (all_of if name == "and" else any_of)(*(condition(scope, child) for child in rest))
    if name == "not":
        return ~condition(scope, rest[0])
    path = None if isinstance(rest[0], dict) else rest[0]
    left = field(rest[0]["size"]).size() if isinstance(rest[0], dict) else field(rest[0])
    if name in COMPARE:
        return COMPARE[name](left, operand(scope, path, rest[1]))
    if name == "between":
        return left.between(operand(scope, path, rest[1]), operand(scope, path, rest[2]))
    if name == "in":
        return left.is_in([operand(scope, path, one) for one in rest[1]])
    assert isinstance(left, FieldPath)
    return function(scope, name, left, rest)


def function(scope: Scope, name: str, left: FieldPath, rest: list[Any]) -> Condition:
    if name == "type":
        return left.is_type(rest[1])
    if name == "exists":
        return left.exists()
    if name == "not_exists":
        return left.not_exists()
    given = operand(scope, rest[0], rest[1], member=True)
    return left.contains(given) if name == "contains" else left.begins_with(given)


PAIRS = ("set", "set_if_absent", "add", "subtract", "append", "prepend", "add_to_set", "delete_from_set")


def update_members(scope: Scope, args: Json) -> Json:
    out: Json = {name: [(path, operand(scope, path, given)) for path, given in args[name]] for name in PAIRS if name in args}
    if "copy" in args:
        out["copy"] = [(path, source) for path, source in args["copy"]]
    if "remove" in args:
        out["remove"] = args["remove"]
    return out


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
        if message["endpoint"] is not None:
            clock = FixedClock(int(message["now_ns"]), tick_ns=int(message["tick_ns"]))
            sdk = sdk_client(message["endpoint"], message["sdk_retries"], message["sdk_timeout_ms"], message["region"])
            options = {name: message[name] for name in ("table_prefix", "table_names", "cursor_secrets", "encrypt_cursor") if name in message}
            self.client = Client(sdk, clock=clock, **options)

    def table(self, name: str) -> Table[Any] | DynamicTable:
        assert self.client is not None
        native = MODELS.get(name)
        if self.typed and native is not None and dump(schema_of(native).document) == dump(self.schemas[name].document):
            typed: Table[Any] = self.client.table(native)
            return typed
        return self.client.table(self.schemas[name])

    def call(self, do: str, on: str | None, args: Json) -> Json | None:
        if do in PURE:
            return PURE[do](self, on, args)
        if do in READS and on is not None:
            return read(self, do, on, args)
        if do not in OPERATIONS or on is None:
            return None
        return OPERATIONS[do](Call(self.table(on), self.schemas[on]), args)


class Call:
    """One operation on one table."""

    def __init__(self, table: Any, schema: Schema) -> None:
        self.table, self.schema = table, schema
        self.scope = Scope(ItemCodec(schema))

    def native(self, members: Json) -> Json:
        return members_to_native(self.schema.fields, members)

    def tagged(self, value: Any) -> Json | None:
        if value is None:
            return None
        return members_from_native(self.schema.fields, value.__dynamorm_attributes__() if isinstance(value, Model) else value)

    def options(self, args: Json, *names: str) -> Json:
        out = {name: args[name] for name in names if name in args}
        if "condition" in args:
            out["condition"] = condition(self.scope, args["condition"])
        if "expected_version" in args:
            out["expected_version"] = int(args["expected_version"]["N"])
        return out

    def whole(self, args: Json, act: Callable[[Any], Any]) -> Any:
        """Run create, put or save on the caller's object: an instance of the model where its values allow one, else the mapping."""
        values = self.native(args["item"])
        value: Any = values
        if isinstance(self.table, Table):
            try:
                value = MODELS[self.schema.name].model_validate(values)
            except ValueError:
                value = values
        try:
            return act(value)
        except errors.DynamORMError as error:
            error.after = self.tagged(value)  # type: ignore[attr-defined]
            raise


def do_put(call: Call, args: Json) -> Json:
    new, old = call.whole(args, lambda value: call.table.replace(value, **call.options(args, "return_old")))
    return {"item": call.tagged(new)} | ({} if old is None else {"old": call.tagged(old)})


def do_get(call: Call, args: Json) -> Json:
    key, consistent = call.native(args["key"]), args.get("consistent", False)
    if "select" in args or "view" in args:
        values = call.table.select(key, args.get("select"), view=args.get("view"), consistent=consistent)
        if values is None:
            raise errors.ItemNotFoundError("no item", origin="service")
        return {"item": call.tagged(values)}
    return {"item": call.tagged(call.table.get(key, consistent=consistent))}


def do_find(call: Call, args: Json) -> Json:
    key, consistent = call.native(args["key"]), args.get("consistent", False)
    if "select" in args or "view" in args:
        return {"item": call.tagged(call.table.select(key, args.get("select"), view=args.get("view"), consistent=consistent))}
    return {"item": call.tagged(call.table.find(key, consistent=consistent))}


def do_update(call: Call, args: Json) -> Json:
    options = call.options(args, "upsert") | update_members(call.scope, args)
    returns = args.get("return", "new")
    key = call.native(args["key"])
    if returns == "new":
        value = call.table.update(key, **options)
        return {"item": call.tagged(value)}
    return {"item": call.tagged(call.table.change(key, returns=returns, **options))}


def do_delete(call: Call, args: Json) -> Json:
    old = call.table.delete(call.native(args["key"]), **call.options(args, "must_exist", "return_old"))
    return {} if old is None else {"old": call.tagged(old)}


OPERATIONS: dict[str, Callable[[Call, Json], Json]] = {
    "create": lambda call, args: {"item": call.tagged(call.whole(args, call.table.create))},
    "put": do_put,
    "save": lambda call, args: {"item": call.tagged(call.whole(args, lambda value: call.table.save(value, **call.options(args, "adopt"))))},
    "get": do_get,
    "find": do_find,
    "exists": lambda call, args: {"exists": call.table.exists(call.native(args["key"]), consistent=args.get("consistent", False))},
    "update": do_update,
    "delete": do_delete,
}


SORTS: dict[str, Callable[..., Any]] = {
    "eq": lambda value: sort_key == value,
    "lt": lambda value: sort_key < value,
    "le": lambda value: sort_key <= value,
    "gt": lambda value: sort_key > value,
    "ge": lambda value: sort_key >= value,
    "between": sort_key.between,
    "begins_with": sort_key.begins_with,
}
READS = ("query", "scan", "count", "first", "one")
READ_OPTIONS = ("index", "order", "limit", "page_size", "consistent", "hide_expired", "cursor", "cursor_context")


def keys_of(schema: Schema, args: Json) -> tuple[Any, Any]:
    """Give partition and sort condition as native values of the keys that are queried."""
    places: list[Any] = [schema, *schema.indexes]
    given, sort = args.get("partition", {"value": {"NULL": True}}), args.get("sort")
    chosen = (one for one in places if ("index" in args and one.name == args["index"]) or ("index" not in args and one.partition.attribute in given.get("map", {})))
    place = next(chosen, schema)
    partition = members_to_native(schema.fields, given["map"]) if "map" in given else to_native(schema.field_of(place.partition.attribute), given["value"])
    if isinstance(sort, dict):
        return partition, members_to_native(schema.fields, sort["parts"])
    if sort is None:
        return partition, None
    attribute = None if place.sort is None or sort[0] == "begins_with" else schema.field_of(place.sort.attribute)
    return partition, SORTS[sort[0]](*(to_native(attribute, operand) for operand in sort[1:]))


def reading(case: Case, on: str, args: Json) -> Reading[Any]:
    """Begin the query or scan that the arguments describe."""
    assert case.client is not None
    names = args.get("models")
    schemas = [case.schemas[name] for name in names or [on]]
    scope = Scope(*(ItemCodec(schema) for schema in schemas)) if schemas else None
    options = {name: args[name] for name in READ_OPTIONS if name in args}
    if "filter" in args and scope is not None:
        options["filter"] = condition(scope, args["filter"])
    if "partition" not in args and args["do"] != "query":
        made: Any = case.table(on).scan(**options, segment=tuple(args["segment"]) if "segment" in args else None)
    elif names is None:
        made = case.table(on).query(*keys_of(schemas[0], args), **options)
    else:
        native = [MODELS.get(name) if case.typed else None for name in names]
        models: Any = native if all(native) else schemas
        made = case.client.query(models, *(keys_of(schemas[0], args) if schemas else (None, None)), **options)
    index = next((one for one in schemas[0].indexes if one.name == args.get("index")), None) if schemas else None
    if "select" in args:
        made = made.select(args["select"])
    if "view" in args:
        made = made.view(args["view"])
    if index is not None and index.projection != "ALL" and not {"select", "view"} & set(args):
        made = made.projected()
    assert isinstance(made, Reading)
    return made


def element(case: Case, on: str, args: Json, item: Any) -> Any:
    """Tag an item; of several models it stands beside its model's name."""
    if "models" not in args or item is None:
        return Call(None, case.schemas[on]).tagged(item)
    name, values = item if isinstance(item, tuple) else (type(item).__dynamorm_schema__.name, item)
    return {"model": name, "item": Call(None, case.schemas[name]).tagged(values)}


def read(case: Case, do: str, on: str, args: Json) -> Json:
    made = reading(case, on, args | {"do": do})
    if do == "count":
        return {"count": made.count()}
    if do in {"first", "one"}:
        return {"item": element(case, on, args, made.first() if do == "first" else made.one())}
    if "segments" in args:
        assert isinstance(made, Scan)
        items, cursors = made.parallel(args["segments"], concurrency=args.get("concurrency")).all()
        return {"items": [element(case, on, args, item) for item in items], "cursors": cursors}
    if "take" in args:
        return {"items": [element(case, on, args, item) for item in islice(made, args["take"])]}
    if "pages" in args:
        pages = list(islice(made.pages(), args["pages"]))
        return {"items": [element(case, on, args, item) for page in pages for item in page.items], "cursor": pages[-1].cursor}
    page = made.all()
    return {"items": [element(case, on, args, item) for item in page.items], "cursor": page.cursor}


def signer(args: Json, *, encrypt: bool) -> Signer:
    made = Signer.of(args.get("secrets", ()), encrypt=encrypt)
    return replace(made, nonce=lambda: base64.b64decode(args["nonce"]))


def fn_cursor_encode(_case: Case, _on: str | None, args: Json) -> Json:
    cursor = Cursor(args["key"], args.get("index"), args.get("order"), tuple(args["segment"]) if "segment" in args else None)
    return {"cursor": signer(args, encrypt="nonce" in args).write(cursor, lambda: Bound(context=args.get("context", "")))}


def fn_cursor_decode(_case: Case, _on: str | None, args: Json) -> Json:
    cursor = signer(args, encrypt=args.get("encrypted", False)).read(args["cursor"], lambda: Bound(context=args.get("context", "")))
    out = {"key": cursor.key, "index": cursor.index, "order": cursor.order, "segment": None if cursor.segment is None else list(cursor.segment)}
    return {name: value for name, value in out.items() if value is not None}


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
    except errors.DecodeFailedError:  # the stored item is another model's; the error that brought it is the answer all the same
        item = None
    if item is not None and schema is not None:
        out["details"] = {"item": members_from_native(schema.fields, item.__dynamorm_attributes__() if isinstance(item, Model) else item)}
    if getattr(error, "after", None) is not None:
        out["after"] = error.after  # type: ignore[attr-defined]
    return out


def answer(message: Json, cases: dict[str, Case]) -> Json:
    command = message["cmd"]
    if command == "hello":
        return {"ok": {"impl": "dynamorm-py", "language": "py", "version": __version__, "dms": ["1.0"], "capabilities": CAPABILITIES, "native_models": sorted(MODELS)}}
    if command == "open":
        cases[message["client"]] = Case(message)
        return {"ok": {}}
    if command == "close":
        cases.pop(message["client"], None)
        return {"ok": {}}
    result = cases[message["client"]].call(message["do"], message.get("on"), message["args"])
    return {"unsupported": message["do"]} if result is None else {"result": result}


def main() -> None:
    cases: dict[str, Case] = {}
    for line in sys.stdin:
        message = json.loads(line)
        try:
            out = answer(message, cases)
        except errors.DynamORMError as error:
            case = cases.get(message.get("client", ""))
            out = {"error": report(error, case.schemas.get(message.get("on")) if case is not None else None)}
        except Exception as error:  # noqa: BLE001 - what the library lets escape is what the conductor wants to know
            out = {"crash": {"message": repr(error), "stack": traceback.format_exc()[-1500:]}}
        sys.stdout.write(json.dumps({"id": message["id"], **out}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
