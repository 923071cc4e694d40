"""The wire value: DynamoDB JSON as plain dicts, binary as base64 text; and values that no model types."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..errors import DecodeFailedError, ValidationFailedError
from ..errors.refusal import Refusal
from ..limits import NESTING_DEPTH_MAX
from .number import NumberError, canonical, natural

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schema import Field

AttributeValue = dict[str, Any]
Item = dict[str, AttributeValue]
ZERO_TIME = "0001-01-01T00:00:00."
PATH_SIGNS = frozenset(".[]`")
_EMPTY_JSON = {'""', "0", "false", "[]", "{}"}


def encode_binary(value: Any) -> str:  # noqa: ANN401 - the caller's value
    """Give the base64 text of bytes."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise Refusal(f"expected bytes, found {type(value).__name__}")
    return base64.b64encode(value).decode()


def decode_binary(text: Any) -> bytes:  # noqa: ANN401 - DynamoDB JSON
    """Read base64 text."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Refusal("not base64") from None


def check_text(value: Any) -> str:  # noqa: ANN401 - the caller's value
    """Give a string that UTF-8 can hold."""
    if not isinstance(value, str):
        raise Refusal(f"expected a string, found {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refusal("a lone surrogate") from None
    return value if type(value) is str else str.__str__(value)


def read_boolean(value: Any) -> bool:  # noqa: ANN401 - DynamoDB JSON or the caller's value
    """Give a boolean, and nothing that merely counts as one."""
    if not isinstance(value, bool):
        raise Refusal(f"expected a boolean, found {type(value).__name__}")
    return value


def encode_number(value: Any) -> str:  # noqa: ANN401 - the caller's value
    """Give the canonical text of a number of the language."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Refusal(f"expected a number, found {type(value).__name__}")
    return canonical(value)


def number_key(text: str) -> Decimal:
    """Give what numbers sort by."""
    return Decimal(text)


def write_set(tag: str, values: Any) -> AttributeValue:  # noqa: ANN401 - the caller's value
    """Write a set in canonical order, duplicates collapsed."""
    if not isinstance(values, AbstractSet):
        raise Refusal(f"expected a set, found {type(values).__name__}")
    write: Callable[[Any], str] = {"SS": check_text, "NS": encode_number, "BS": encode_binary}[tag]
    members = {write(member) for member in values}
    order: dict[str, Callable[[str], Any]] = {"SS": str.encode, "NS": number_key, "BS": base64.b64decode}
    return {tag: sorted(members, key=order[tag])}


def read_set(tag: str, body: Any) -> set[Any]:  # noqa: ANN401 - DynamoDB JSON
    """Read a set, in whatever order it is stored."""
    if not isinstance(body, list):
        raise Refusal(f"expected {tag}")
    read: Callable[[Any], Any] = {"SS": check_text, "NS": natural, "BS": decode_binary}[tag]
    return {read(member) for member in body}


def path_name(name: str) -> str:
    """Give a name as a part of a path: in backticks where it holds what a path is made of.

    >>> path_name("city"), path_name("odd.name")
    ('city', '`odd.name`')
    """
    return f"`{name}`" if PATH_SIGNS & set(name) else name


def write_any(value: Any, path: str, depth: int) -> AttributeValue:  # noqa: ANN401 - the caller's value
    """Write a value that no model types, by its own type."""
    if depth > NESTING_DEPTH_MAX:
        raise ValidationFailedError(f"nested deeper than {NESTING_DEPTH_MAX} levels", path=path)
    if isinstance(value, (list, tuple)):
        return {"L": [write_any(member, f"{path}[{index}]", depth + 1) for index, member in enumerate(value)]}
    if isinstance(value, dict):
        return {
            "M": {
                _name(key, path): write_any(member, f"{path}.{path_name(key)}", depth + 1)
                for key, member in value.items()
            }
        }
    try:
        return _write_scalar(value)
    except Refusal as error:
        raise ValidationFailedError(str(error), path=path) from None


def _name(key: Any, path: str) -> str:  # noqa: ANN401 - the caller's value
    try:
        return check_text(key)
    except Refusal as error:
        raise ValidationFailedError(f"a member's name: {error}", path=path) from None


def _write_scalar(value: Any) -> AttributeValue:  # noqa: ANN401 - the caller's value
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": check_text(value)}
    if isinstance(value, (int, float, Decimal)):
        return {"N": canonical(value)}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"B": encode_binary(value)}
    if isinstance(value, (set, frozenset)):
        return _write_untyped_set(value)
    raise Refusal(f"a {type(value).__name__} has no DynamoDB type")


def _write_untyped_set(value: set[Any] | frozenset[Any]) -> AttributeValue:
    for tag, kinds in (("SS", (str,)), ("BS", (bytes, bytearray)), ("NS", (int, float, Decimal))):
        if value and all(isinstance(member, kinds) and not isinstance(member, bool) for member in value):
            return write_set(tag, value)
    raise Refusal("an empty set, or one of several types, has no DynamoDB type here")


def read_any(value: Any, path: str) -> Any:  # noqa: ANN401 - DynamoDB JSON
    """Read a value that no model types."""
    if not isinstance(value, dict) or len(value) != 1:
        raise DecodeFailedError("no attribute value", path=path)
    ((tag, body),) = value.items()
    try:
        if tag == "L":
            return [read_any(member, f"{path}[{index}]") for index, member in enumerate(body)]
        if tag == "M":
            return {name: read_any(member, f"{path}.{path_name(name)}") for name, member in body.items()}
        return _READ_SCALAR[tag](body)
    except (Refusal, KeyError, TypeError, AttributeError) as error:
        why = str(error) if isinstance(error, NumberError) else f"not a value of {tag}"
        raise DecodeFailedError(why, path=path) from None


_READ_SCALAR: dict[str, Callable[[Any], Any]] = {
    "S": check_text,
    "N": natural,
    "B": decode_binary,
    "BOOL": read_boolean,
    "NULL": lambda _body: None,
    "SS": lambda body: read_set("SS", body),
    "NS": lambda body: read_set("NS", body),
    "BS": lambda body: read_set("BS", body),
}


def canonical_value(value: Any, depth: int = 0) -> AttributeValue:  # noqa: ANN401 - DynamoDB JSON of others
    """Give an attribute value that others wrote as the codec would write it: numbers, sets and base64 respelled.

    Raises Refusal where it is none.

    >>> canonical_value({"NS": ["10", "9.0"]})
    {'NS': ['9', '10']}
    """
    if not isinstance(value, dict) or len(value) != 1 or depth > NESTING_DEPTH_MAX:
        raise Refusal("no attribute value")
    ((tag, body),) = value.items()
    if tag == "L" and isinstance(body, list):
        return {"L": [canonical_value(member, depth + 1) for member in body]}
    if tag == "M" and isinstance(body, dict):
        return {"M": {check_text(name): canonical_value(member, depth + 1) for name, member in body.items()}}
    if tag in _CANONICAL:
        return {tag: _CANONICAL[tag](body)}
    if tag in _MEMBERS and isinstance(body, list) and body:
        write, order = _MEMBERS[tag]
        return {tag: sorted({write(member) for member in body}, key=order)}
    raise Refusal("no attribute value")


def _canonical_number(text: Any) -> str:  # noqa: ANN401 - DynamoDB JSON
    return canonical(check_text(text))


def _canonical_binary(text: Any) -> str:  # noqa: ANN401 - DynamoDB JSON
    return encode_binary(decode_binary(check_text(text)))


def _canonical_null(body: Any) -> bool:  # noqa: ANN401 - DynamoDB JSON
    if body is not True:
        raise Refusal("NULL is true")
    return True


_CANONICAL: dict[str, Callable[[Any], Any]] = {
    "S": check_text,
    "N": _canonical_number,
    "B": _canonical_binary,
    "BOOL": read_boolean,
    "NULL": _canonical_null,
}
_MEMBERS: dict[str, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    "SS": (check_text, str.encode),
    "NS": (_canonical_number, number_key),
    "BS": (_canonical_binary, base64.b64decode),
}


def is_empty(field: Field, value: AttributeValue) -> bool:
    """Tell whether a written value is empty in the sense of omit_empty."""
    ((tag, body),) = value.items()
    if field.json:
        return body in _EMPTY_JSON
    if tag == "S" and field.format == "bool_string":
        return bool(body == "false")
    if tag == "S" and field.format in {"timestamp", "rfc3339nano"}:
        return bool(body.startswith(ZERO_TIME) and not body[len(ZERO_TIME) : -1].strip("0"))
    return bool(body == "0") if tag == "N" else not body
