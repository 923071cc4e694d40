"""Canonical JSON text: one spelling of one value, in every language."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from ..errors.refusal import Refusal
from .number import NumberError, canonical

if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r'["\\\x00-\x1f]')


class JSONError(Refusal):
    """A value that is no JSON, or text that is none; says why, never what."""


def quote(text: str) -> str:
    """Quote a string with the fewest escapes."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise JSONError("a lone surrogate")
    return '"' + _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0]):04x}"), text) + '"'


def write_json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Give the canonical text of a JSON value.

    >>> write_json({"b": [1.0, None], "a": "<é>"})
    '{"a":"<é>","b":[1,null]}'
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, (int, float, Decimal)):
        try:
            return canonical(value)
        except NumberError as error:
            raise JSONError(str(error)) from None
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(write_json, value))}]"
    if isinstance(value, dict):
        return _object(value)
    raise JSONError(f"a {type(value).__name__} is no JSON value")


def json_size(value: Any, fallback: Callable[[Any], Any] | None = None) -> int:  # noqa: ANN401 - JSON without numbers, such as DynamoDB JSON
    """Give the length in bytes of the canonical text of DynamoDB JSON, faster than writing it here.

    `fallback` gives the JSON of what is none.

    >>> json_size({"S": "é"}) == len(write_json({"S": "é"}).encode())
    True
    """
    return len(to_json(value, fallback=fallback))


def _object(value: dict[Any, Any]) -> str:
    if not all(isinstance(key, str) for key in value):
        raise JSONError("a key that is not a string")
    # Quoting comes first: it refuses the surrogates that have no UTF-8 bytes to sort by.
    quoted = {key: quote(key) for key in value}
    return "{" + ",".join(f"{quoted[key]}:{write_json(value[key])}" for key in sorted(value, key=str.encode)) + "}"


def read_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON text: integers as int, other numbers as Decimal, every digit kept."""
    try:
        value = json.loads(
            text, parse_int=_number, parse_float=_number, parse_constant=_refuse, object_pairs_hook=_pairs
        )
        if "\\u" in text:
            _refuse_surrogates(value)
    except (ValueError, RecursionError):
        raise JSONError("not JSON text") from None
    return value


def _refuse_surrogates(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Refuse an escaped half of a pair: it is no text, and other languages have no place for it."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, (list, dict)):
        for member in value:
            _refuse_surrogates(member)
        for member in value.values() if isinstance(value, dict) else ():
            _refuse_surrogates(member)


def _number(text: str) -> int | Decimal:
    number = Decimal(canonical(text))
    return int(number) if number == number.to_integral_value() else number


def _refuse(_text: str) -> None:
    raise JSONError("not JSON text")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise JSONError("a repeated key")
    return out
