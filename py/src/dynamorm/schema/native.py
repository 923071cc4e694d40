"""Values of the language, exactly: what a declared model takes before pydantic would round or reinterpret it.

Pydantic reads `1000` as seconds or milliseconds by its size, cuts a time's ninth digit and takes `"5"` for a number.
A model reads only what the codec reads, so that both find the same value or refuse.
"""

from __future__ import annotations

import types
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from .instant import EPOCH, TimeError, read_date, read_timestamp, read_uuid

if TYPE_CHECKING:
    from collections.abc import Callable

    Take = Callable[[Any], Any]

UNITS = {"unix_seconds": timedelta(seconds=1), "unix_millis": timedelta(milliseconds=1)}


class Unreadable:
    """Stands for a value that does not fit; it fits no type, so that pydantic's refusal names the field."""


_UNREADABLE = Unreadable()


def unwrap(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a type expression
    """Take `Annotated` and `None` off a type; tell whether `None` was there."""
    if get_origin(annotation) is Annotated:
        return unwrap(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        members = [member for member in get_args(annotation) if member is not type(None)]
        optional = len(members) < len(get_args(annotation))
        if len(members) == 1:
            plain, inner = unwrap(members[0])
            return plain, optional or inner
        return Union[tuple(members)], optional  # noqa: UP007 - made at run time
    return annotation, False


def is_number(plain: Any) -> bool:  # noqa: ANN401 - a type expression
    """Tell whether a type is `Number`, the N without format."""
    return get_origin(plain) in {Union, types.UnionType} and set(get_args(plain)) == {int, Decimal}


def taker(plain: Any, form: str | None) -> Take | None:  # noqa: ANN401 - a type expression
    """Choose what an annotation takes; None where pydantic is exact by itself."""
    if plain is datetime and form in UNITS:
        return _unix_taker(UNITS[form])
    if plain in _TAKERS:
        return _TAKERS[plain]
    if is_number(plain):
        return _number
    if get_origin(plain) in {set, frozenset}:
        return each((set, frozenset), taker(unwrap(get_args(plain)[0])[0], None))
    return None


def each(kinds: tuple[type, ...], element: Take | None) -> Take:
    """Take a list, or a set, and every member of it; pydantic would take the one for the other."""

    def take(value: Any) -> Any:  # noqa: ANN401 - whatever the caller gave
        if not isinstance(value, kinds):
            return _UNREADABLE
        members: Any = value
        return value if element is None else [member if member is None else element(member) for member in members]

    return take


def _unix_taker(unit: timedelta) -> Take:
    def take(value: Any) -> Any:  # noqa: ANN401 - whatever the caller gave
        if isinstance(value, datetime):
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            return _UNREADABLE
        try:
            return EPOCH + value * unit
        except OverflowError:
            return _UNREADABLE

    return take


def _typed(kind: type, read: Callable[[str], Any]) -> Take:
    def take(value: Any) -> Any:  # noqa: ANN401 - whatever the caller gave
        if type(value) is kind:
            return value
        try:
            return read(value) if isinstance(value, str) else value if _is(value, kind) else _UNREADABLE
        except TimeError:
            return _UNREADABLE

    return take


def _is(value: Any, kind: type) -> bool:  # noqa: ANN401 - whatever the caller gave
    """Tell whether a value is of a kind; a datetime is no date."""
    return isinstance(value, kind) and not (kind is date and isinstance(value, datetime))


def _number(value: Any) -> Any:  # noqa: ANN401 - whatever the caller gave
    fits = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    return value if fits else _UNREADABLE


def _only(*kinds: type) -> Take:
    return lambda value: value if isinstance(value, kinds) else _UNREADABLE


_TAKERS: dict[Any, Take] = {
    str: _only(str),
    bytes: _only(bytes, bytearray),
    bool: _only(bool),
    int: _number,
    float: _number,
    Decimal: _number,
    datetime: _typed(datetime, read_timestamp),
    date: _typed(date, read_date),
    UUID: _typed(UUID, read_uuid),
}
