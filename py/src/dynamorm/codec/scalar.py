"""One writer and one reader for every scalar type and format of an attribute."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ..errors.refusal import Refusal
from ..schema.instant import EPOCH, nano_text, read_date, read_timestamp, read_uuid
from .json_text import read_json, write_json
from .number import INT64_MAX, INT64_MIN, canonical, natural, whole
from .time import write_timestamp
from .value import (
    AttributeValue,
    check_text,
    decode_binary,
    encode_binary,
    encode_number,
    read_boolean,
    read_set,
    write_set,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schema import Field

UNIT = {"unix_seconds": timedelta(seconds=1), "unix_millis": timedelta(milliseconds=1)}


def writer_of(field: Field) -> Callable[[Any], AttributeValue]:
    """Choose the writer of a scalar or set attribute."""
    if field.type == "S":
        write = _text_writer(field)
        return lambda value: {"S": write(value)}
    if field.type == "N":
        number = _number_writer(field)
        return lambda value: {"N": number(value)}
    if field.type == "B":
        return lambda value: {"B": encode_binary(value)}
    if field.type == "BOOL":
        return lambda value: {"BOOL": read_boolean(value)}
    if field.type == "NULL":
        return _write_null
    tag = field.type
    return lambda value: write_set(tag, value)


def reader_of(field: Field) -> Callable[[Any], Any]:
    """Choose the reader of a scalar or set attribute."""
    if field.type == "S":
        return _text_reader(field)
    if field.type == "N":
        return _number_reader(field)
    if field.type == "B":
        return decode_binary
    if field.type == "BOOL":
        return read_boolean
    if field.type == "NULL":
        return lambda _body: None
    tag = field.type
    return lambda body: read_set(tag, body)


def _write_null(value: Any) -> AttributeValue:  # noqa: ANN401 - the caller's value
    raise Refusal(f"expected null, found {type(value).__name__}")


def _text_writer(field: Field) -> Callable[[Any], str]:
    if field.json:
        return _write_json
    if field.format is not None:
        return _TEXT_WRITERS[field.format]
    return _enumerated(field.enum) if field.enum is not None else check_text


def _text_reader(field: Field) -> Callable[[Any], Any]:
    if field.json:
        return lambda body: read_json(check_text(body))
    if field.format is not None:
        read = _TEXT_READERS[field.format]
        return lambda body: read(check_text(body))
    return _enumerated(field.enum) if field.enum is not None else check_text


def _write_json(value: Any) -> str:  # noqa: ANN401 - any JSON value or pydantic model
    dump = getattr(value, "model_dump", None)
    try:
        return write_json(dump(mode="json") if dump is not None else value)
    except RecursionError:
        raise Refusal("nested too deep, or without end") from None


def _enumerated(members: tuple[str, ...]) -> Callable[[Any], str]:
    allowed = frozenset(members)

    def check(value: Any) -> str:  # noqa: ANN401 - the caller's value
        text = check_text(value.value if isinstance(value, Enum) else value)
        if text not in allowed:
            raise Refusal("not one of the enumerated values")
        return text

    return check


def _timestamp(value: Any) -> str:  # noqa: ANN401 - the caller's value
    if isinstance(value, str):
        value = read_timestamp(check_text(value))
    if not isinstance(value, datetime):
        raise Refusal(f"expected a datetime, found {type(value).__name__}")
    return write_timestamp(value)


def _nano(value: Any) -> str:  # noqa: ANN401 - the caller's value
    if isinstance(value, datetime):
        value = write_timestamp(value)
    return nano_text(check_text(value))


def _date(value: Any) -> str:  # noqa: ANN401 - the caller's value
    if isinstance(value, datetime) or not isinstance(value, (date, str)):
        raise Refusal(f"expected a date, found {type(value).__name__}")
    return (read_date(check_text(value)) if isinstance(value, str) else value).isoformat()


def _uuid(value: Any) -> str:  # noqa: ANN401 - the caller's value
    return str(value if isinstance(value, UUID) else read_uuid(check_text(value)))


def _bool_string(value: Any) -> str:  # noqa: ANN401 - the caller's value
    return "true" if read_boolean(value) else "false"


def _read_bool_string(text: str) -> bool:
    if text not in {"true", "false"}:
        raise Refusal("neither true nor false")
    return text == "true"


_TEXT_WRITERS: dict[str, Callable[[Any], str]] = {
    "timestamp": _timestamp,
    "rfc3339nano": _nano,
    "date": _date,
    "uuid": _uuid,
    "bool_string": _bool_string,
}
_TEXT_READERS: dict[str, Callable[[str], Any]] = {
    "timestamp": read_timestamp,
    "rfc3339nano": nano_text,
    "date": read_date,
    "uuid": read_uuid,
    "bool_string": _read_bool_string,
}


def _number_writer(field: Field) -> Callable[[Any], str]:
    if field.format in {"int", "int64"}:
        return lambda value: str(_integer(value))
    if field.format in UNIT:
        unit, ttl = UNIT[field.format], "ttl" in field.roles
        return lambda value: str(_instant(value, unit, ttl=ttl))
    if field.format == "float":
        return _float
    return encode_number


def _number_reader(field: Field) -> Callable[[Any], Any]:
    if field.format in {"int", "int64", *UNIT}:
        return whole
    if field.format == "float":
        return _read_float
    if field.format == "decimal":
        return lambda body: Decimal(canonical(check_text(body)))
    return natural


def _read_float(text: Any) -> float:  # noqa: ANN401 - DynamoDB JSON
    return float(canonical(check_text(text)))


def _integer(value: Any) -> int:  # noqa: ANN401 - the caller's value
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Refusal(f"expected an integer, found {type(value).__name__}")
    return whole(canonical(value))


def _float(value: Any) -> str:  # noqa: ANN401 - the caller's value
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Refusal(f"expected a float, found {type(value).__name__}")
    return canonical(float(value))


def _instant(value: Any, unit: timedelta, *, ttl: bool) -> int:  # noqa: ANN401 - the caller's value
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise Refusal("an instant without an offset")
        # Not by astimezone: it fails where the year in UTC is 0 or 10000, which these formats hold.
        number = (value - EPOCH) // unit
    else:
        number = _integer(value)
    if ttl and number < 0:
        raise Refusal("a time to live before 1970")
    if not INT64_MIN <= number <= INT64_MAX:
        raise Refusal("outside 64 bits")
    return number
