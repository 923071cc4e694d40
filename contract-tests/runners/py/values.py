"""Tagged values of the pipe to native values of the library and back, and the conditions and changes that are made of them. It judges nothing."""

# ruff: noqa: D103 - a program of small functions, each named for what it turns into what

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dynamorm import Condition, Model, Nested, all_of, any_of, field
from dynamorm.expression import FieldPath, FieldSize, Scope
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamorm.schema import Field

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
        return {"S": json_text(value.model_dump() if isinstance(value, BaseModel) else value)}
    if isinstance(value, Enum):
        value = value.value
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
