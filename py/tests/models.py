"""The models of the tests."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - pydantic reads the annotations at run time
from decimal import Decimal  # noqa: TC003 - see above
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID  # noqa: TC003 - see above

from dynamorm import (
    TTL,
    Attribute,
    BoolString,
    CreatedAt,
    Int64,
    Json,
    Model,
    Nested,
    Number,
    OmitEmpty,
    PartitionKey,
    Rfc3339Nano,
    SortKey,
    UnixMillis,
    UnixSeconds,
    UpdatedAt,
    Version,
)


class Status(StrEnum):
    OPEN = "open"
    PAID = "paid"


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Line(Nested):
    sku: str
    qty: int | None = None
    at: datetime | None = None
    tags: set[str] | None = None


class Stamped(Model):
    created: Annotated[datetime | None, CreatedAt(), Attribute(name="created_at")] = None
    updated: Annotated[datetime | None, UpdatedAt(), Attribute(name="updated_at")] = None
    version: Annotated[int | None, Version()] = None


class Order(Stamped, table="orders"):
    customer: Annotated[str, PartitionKey(), Attribute(name="customer_id")]
    number: Annotated[int, SortKey()]
    status: Status = Status.OPEN
    total: Decimal | None = None
    notes: Annotated[str | None, OmitEmpty] = None
    labels: set[str] | None = None
    lines: list[Line] | None = None


class Everything(Model, table="everything"):
    id: Annotated[bytes, PartitionKey()]
    text: str | None = None
    num: Number | None = None
    whole: int | None = None
    big: Annotated[int | None, Int64] = None
    ratio: float | None = None
    price: Decimal | None = None
    blob: bytes | None = None
    flag: bool | None = None
    items: list[Any] | None = None
    doc: dict[str, Any] | None = None
    words: frozenset[str] | None = None
    numbers: set[Number] | None = None
    blobs: set[bytes] | None = None
    stamp: datetime | None = None
    stamps: list[datetime] | None = None
    nano: Annotated[str | None, Rfc3339Nano] = None
    day: date | None = None
    uid: UUID | None = None
    yes_no: Annotated[bool | None, BoolString] = None
    seconds: Annotated[datetime | None, UnixSeconds] = None
    millis: Annotated[datetime | None, UnixMillis] = None
    data: Annotated[Any, Json] = None
    colour: Colour | None = None
    kind: Literal["a", "b"] | None = None
    line: Line | None = None
    until: Annotated[int | None, UnixSeconds, TTL()] = None
