"""The operations of P1: queries and scans, read as a call says, and cursors by themselves."""

# ruff: noqa: D103 - a program of small functions, each named for the line of the protocol it serves

from __future__ import annotations

import base64
from itertools import islice
from typing import TYPE_CHECKING, Any

from dynamorm import Model, Reading, Scan, sort_key
from dynamorm.codec import ItemCodec
from dynamorm.expression import Scope
from dynamorm.operation import Bound, Cursor, Signer
from natives import MODELS as NATIVE
from values import Json, condition, members_from_native, members_to_native, to_native

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamorm.schema import Model as Schema


def tagged(schema: Schema, value: Any) -> Json | None:
    """Tag a value of a model, or what was read of one."""
    if value is None:
        return None
    return members_from_native(schema.fields, value.__dynamorm_attributes__() if isinstance(value, Model) else value)


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


def reading(case: Any, on: str, args: Json) -> Reading[Any]:
    """Begin the query or scan that the arguments describe."""
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
        native = [NATIVE.get(name) if case.typed else None for name in names]
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


def element(case: Any, on: str, args: Json, item: Any) -> Any:
    """Tag an item; of several models it stands beside its model's name."""
    if "models" not in args or item is None:
        return tagged(case.schemas[on], item)
    name, values = item if isinstance(item, tuple) else (type(item).__dynamorm_schema__.name, item)
    return {"model": name, "item": tagged(case.schemas[name], values)}


def read(case: Any, do: str, on: str, args: Json) -> Json:
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
    return Signer.of(args.get("secrets", ()), encrypt=encrypt, nonce=lambda: base64.b64decode(args["nonce"]))


def fn_cursor_encode(_case: Any, _on: str | None, args: Json) -> Json:
    cursor = Cursor(args["key"], args.get("index"), args.get("order"), tuple(args["segment"]) if "segment" in args else None)
    return {"cursor": signer(args, encrypt="nonce" in args).write(cursor, lambda: Bound(context=args.get("context", "")))}


def fn_cursor_decode(_case: Any, _on: str | None, args: Json) -> Json:
    cursor = signer(args, encrypt=args.get("encrypted", False)).read(args["cursor"], lambda: Bound(context=args.get("context", "")))
    out = {"key": cursor.key, "index": cursor.index, "order": cursor.order, "segment": None if cursor.segment is None else list(cursor.segment)}
    return {name: value for name, value in out.items() if value is not None}
