"""The shape of a stream's record, of a Lambda event (JSON) or of GetRecords (boto3's types): one and the same here.

Images stay DynamoDB JSON; what they mean is `change`'s.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from ..errors import DecodeFailedError
from ..schema.instant import EPOCH

if TYPE_CHECKING:
    from ..codec import Item

Kind = Literal["insert", "modify", "remove"]
KINDS: dict[str, Kind] = {"INSERT": "insert", "MODIFY": "modify", "REMOVE": "remove"}
MILLIS, MICROS_OF_MILLI = 1_000, 1_000
EXPIRY = ("Service", "dynamodb.amazonaws.com")


@dataclass(frozen=True, repr=False)
class RawRecord:
    """A record whose shape is right."""

    kind: Kind
    event_id: str | None
    sequence_number: str
    created_at: datetime | None
    expired: bool
    keys: Item
    old: Item | None
    new: Item | None


def parse_record(record: Any) -> RawRecord:  # noqa: ANN401 - whatever the caller was given
    """Read a record's shape.

    Raises DecodeFailedError.
    """
    change = _change(record)
    number, kind, event_id = sequence_number_of(record), KINDS.get(str(record.get("eventName"))), record.get("eventID")
    if number is None or kind is None or not isinstance(event_id, (str, type(None))):
        raise DecodeFailedError("not a record of a stream")
    keys, old, new = (_image(change.get(name), name) for name in ("Keys", "OldImage", "NewImage"))
    if keys is None:
        raise DecodeFailedError("a record of a stream without keys")
    created_at = _created_at(change.get("ApproximateCreationDateTime"))
    expired = kind == "remove" and _is_expiry(record.get("userIdentity"))
    return RawRecord(kind, event_id, number, created_at, expired, keys, old, new)


def sequence_number_of(record: Any) -> str | None:  # noqa: ANN401 - whatever the caller was given
    """Give a record's sequence number, if it can be read."""
    change = record.get("dynamodb") if isinstance(record, Mapping) else None
    number = change.get("SequenceNumber") if isinstance(change, Mapping) else None
    return number if isinstance(number, str) and number else None


def event_of(record: Any) -> str | None:  # noqa: ANN401 - whatever the caller was given
    """Give what tells a record's event from others: its id, or its sequence number."""
    event_id = record.get("eventID") if isinstance(record, Mapping) else None
    return event_id if isinstance(event_id, str) and event_id else sequence_number_of(record)


def _change(record: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever the caller was given
    change = record.get("dynamodb") if isinstance(record, Mapping) else None
    if not isinstance(change, Mapping):
        raise DecodeFailedError("not a record of a stream")
    return change


def _image(given: Any, name: str) -> Item | None:  # noqa: ANN401 - DynamoDB JSON, or boto3's
    if given is None:
        return None
    if not isinstance(given, Mapping) or not all(
        isinstance(value, Mapping) and len(value) == 1 for value in given.values()
    ):
        raise DecodeFailedError(f"the {name} of a record is no item")
    return {str(attribute): _plain(value) for attribute, value in given.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - DynamoDB JSON, or boto3's
    """Give DynamoDB JSON: binary as base64 text."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value


def _created_at(given: Any) -> datetime | None:  # noqa: ANN401 - a number of seconds, or an instant
    """Give whole milliseconds, rounded to the nearest."""
    if given is None:
        return None
    try:
        return EPOCH + timedelta(milliseconds=_millis(given))
    except (TypeError, ValueError, OverflowError):
        raise DecodeFailedError("the time of a record is no number of seconds") from None


def _millis(given: Any) -> int:  # noqa: ANN401 - a number of seconds, or an instant
    if isinstance(given, datetime):
        micros = (given.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
        return (micros + MICROS_OF_MILLI // 2) // MICROS_OF_MILLI
    if isinstance(given, bool) or not isinstance(given, (int, float, Decimal)):
        raise TypeError
    return math.floor(float(given) * MILLIS + 0.5)


def _is_expiry(given: Any) -> bool:  # noqa: ANN401 - JSON, or boto3's
    if not isinstance(given, Mapping):
        return False
    return (given.get("type", given.get("Type")), given.get("principalId", given.get("PrincipalId"))) == EXPIRY
