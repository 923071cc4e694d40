"""Instants to text, in a fixed shape that sorts; how text is read stands in schema/instant.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..schema.instant import EPOCH, NANOS, TimeError


def write_timestamp(value: datetime) -> str:
    """Write an instant in UTC with exactly six fraction digits and `Z`, so that it sorts as text."""
    if value.utcoffset() is None:
        raise TimeError("an instant without an offset")
    try:
        return value.astimezone(UTC).strftime(f"{value.astimezone(UTC).year:04d}-%m-%dT%H:%M:%S.%fZ")
    except (OverflowError, ValueError):
        raise TimeError("a year outside 1 to 9999") from None


def clock_text(now_ns: int, digits: int) -> str:
    """Write the clock's reading, nanoseconds since the epoch, cut down to `digits` fraction digits."""
    instant = EPOCH + timedelta(seconds=now_ns // NANOS)
    return f"{instant.year:04d}-{instant:%m-%dT%H:%M:%S}.{f'{now_ns % NANOS:09d}'[:digits]}Z"
