"""The models of `edges.dms.yaml` and their like: every format at every level, and names that look like paths."""

# ruff: noqa: D101 - a class is its document, which says what it is for
# ruff: noqa: TC003 - pydantic reads the annotations at run time

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from dynamorm import (
    Attribute,
    BoolString,
    CreatedAt,
    Index,
    Int64,
    Json,
    Model,
    Nested,
    OmitEmpty,
    PartitionKey,
    Rfc3339Nano,
    SortKey,
    Template,
    UnixMillis,
    UnixSeconds,
    UpdatedAt,
    Version,
    View,
)


class State(StrEnum):
    OPEN = "open"
    PAID = "paid"


class Box(Nested):
    loose: list | None = None  # type: ignore[type-arg]
    any: dict | None = None  # type: ignore[type-arg]
    rows: list[list[Any]] | None = None
    must: str


class Forms(Nested):
    stamp: datetime | None = None
    nano: Annotated[str | None, Rfc3339Nano] = None
    day: date | None = None
    uid: UUID | None = None
    yes_no: Annotated[bool | None, BoolString] = None
    state: State | None = None
    data: Annotated[Any, Json] = None
    seconds: Annotated[datetime | None, UnixSeconds] = None
    millis: Annotated[datetime | None, UnixMillis] = None
    price: Decimal | None = None
    big: Annotated[int | None, Int64] = None


class Layered(Model, table="layered"):
    id: Annotated[str, PartitionKey()]
    box: Box | None = None
    forms: Forms | None = None
    stamps: list[datetime] | None = None
    nanos: list[Annotated[str, Rfc3339Nano]] | None = None
    days: list[date] | None = None
    uids: list[UUID] | None = None
    flags: list[Annotated[bool, BoolString]] | None = None
    states: list[State] | None = None
    datas: list[Annotated[Any, Json]] | None = None
    seconds: list[Annotated[datetime, UnixSeconds]] | None = None
    bigs: list[Annotated[int, Int64]] | None = None
    blobs: list[bytes] | None = None
    nested: list[list[int]] | None = None


class Strict(Model, table="strict", indexes=[Index("by-owner", sort="owner", local=True)]):
    id: Annotated[str, PartitionKey()]
    piece: Annotated[str, SortKey(), Attribute(name="part")]
    label: Annotated[str, OmitEmpty]
    owner: str | None = None
    created: Annotated[datetime | None, UnixMillis, CreatedAt()] = None
    revision: Annotated[int | None, Int64, Version(), Attribute(name="version")] = None


class Tagged(Model, table="tagged"):
    id: Annotated[str, PartitionKey()]
    tags: frozenset[str]


class Kinded(
    Model,
    table="kinded",
    discriminator=("kind", "Kinded"),
    indexes=[Index("by-place", "place", "label"), Index("by-label", "label", "place")],
):
    id: Annotated[str, PartitionKey()]
    label: str | None = None
    spot: Annotated[str | None, Attribute(name="place")] = None
    born: Annotated[str | None, Rfc3339Nano, CreatedAt()] = None
    seen: Annotated[datetime | None, UnixMillis, UpdatedAt()] = None
    until: Annotated[datetime | None, UnixMillis, OmitEmpty] = None


WIDE = Template("wide", "N#{n:019d}")


class Pair(
    Model,
    table="pairs",
    sort_key=Template("sk", "{a}#{b}"),
    indexes=[
        Index("by-turned", sort=Template("turned", "{b}#{a}"), local=True),
        Index("by-wide", WIDE, Template("digit", "{level:01d}{c}")),
        Index("by-way", Template("way", "P-{d}/{e}")),
        Index("by-c", "c"),
        Index("on-c", "c", projection="KEYS_ONLY"),
        Index("by-deep", "d", Template("deep", "{f}#{g}#{h}")),
        Index("by-c-level", "c", "level"),
    ],
):
    owner: Annotated[str, PartitionKey()]
    first: Annotated[str | None, Attribute(name="a")] = None
    second: Annotated[str | None, Attribute(name="b")] = None
    c: str | None = None
    d: str | None = None
    e: str | None = None
    f: str | None = None
    g: str | None = None
    h: str | None = None
    n: Annotated[int | None, Int64] = None
    level: int | None = None


class Dotted(Model, table="dotted", views=[View("Dots", ("c[0]", "a.b"))]):
    id: Annotated[str, PartitionKey()]
    a_b: Annotated[str | None, Attribute(name="a.b")] = None
    c0: Annotated[int | None, Attribute(name="c[0]")] = None
