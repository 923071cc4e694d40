"""Texts of a fixed shape to their values: RFC 3339 instants, dates, uuids.

The codec reads stored text with them, a declared model what the caller gave; both have to find the same instant.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from ..errors.refusal import Refusal

MICRO_DIGITS, NANO_DIGITS = 6, 9
NANOS = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAST_MINUTE = 59
_LAST_HOUR = 23


class TimeError(Refusal):
    """Text that is no such time, or an instant without an offset; says why, never which."""


def _split(text: str, digits: int) -> tuple[datetime, str]:
    """Read RFC 3339 text: the UTC instant of its whole second, and its significant fraction digits."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise TimeError("not an RFC 3339 time with an offset")
    fraction = (found[7] or "").rstrip("0")
    if len(fraction) > digits:
        raise TimeError(f"more than {digits} fraction digits")
    try:
        instant = datetime(*(int(found[part]) for part in range(1, 7)), tzinfo=UTC)  # type: ignore[misc, arg-type]
        return instant - _offset(found[8]), fraction
    except (ValueError, OverflowError):
        raise TimeError("an impossible date or time") from None


def _offset(text: str) -> timedelta:
    if text in "Zz":
        return timedelta()
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > _LAST_HOUR or minutes > _LAST_MINUTE:
        raise TimeError("an impossible offset")
    return timedelta(hours=hours, minutes=minutes) * (1 if text[0] == "+" else -1)


def read_timestamp(text: str) -> datetime:
    """Read RFC 3339 text of at most six significant fraction digits as an instant in UTC."""
    instant, fraction = _split(text, MICRO_DIGITS)
    return instant.replace(microsecond=int(fraction.ljust(MICRO_DIGITS, "0"))) if fraction else instant


def nano_text(text: str) -> str:
    """Give the canonical form of RFC 3339 text with nine fraction digits."""
    instant, fraction = _split(text, NANO_DIGITS)
    return f"{instant.year:04d}-{instant:%m-%dT%H:%M:%S}.{fraction.ljust(NANO_DIGITS, '0')}Z"


def read_date(text: str) -> date:
    """Read a calendar date `YYYY-MM-DD`."""
    if _DATE.fullmatch(text) is None:
        raise TimeError("not a date YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TimeError("an impossible date") from None


def read_uuid(text: str) -> UUID:
    """Read a uuid of 8-4-4-4-12 hexadecimal digits, in either case."""
    if _UUID.fullmatch(text) is None:
        raise TimeError("not a uuid")
    return UUID(text)
