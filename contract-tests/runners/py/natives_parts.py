"""Models that are put together of parts: nested ones, inherited ones, and ones with defaults and names of their own."""

# ruff: noqa: D101 - a class is its document, which says what it is for
# ruff: noqa: TC003 - pydantic reads the annotations at run time

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

from dynamorm import (
    TTL,
    Attribute,
    BoolString,
    CreatedAt,
    Index,
    Int64,
    Json,
    Model,
    Nested,
    Number,
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
from pydantic import BaseModel, ConfigDict, Field


class Depot(Nested):
    street: Annotated[str | None, OmitEmpty] = None
    floor: Annotated[int | None, OmitEmpty] = None


class Halt(Nested):
    city: str
    size: Annotated[int | None, OmitEmpty] = None


class Lane:
    """What a site takes over."""

    zone: str | None = None
    lane: int | None = None


class Site(Lane):
    """What a crate takes over."""

    where: str | None = None


class Crate(Site, Model, table="crates", dms_namespace="acme.yard", indexes=[Index("by-stage", "stage", "day")]):
    Yard: Annotated[str, PartitionKey()]
    slot: Annotated[int, SortKey()]
    net_gross: Annotated[str | None, Attribute(name="net,gross")] = None
    stage: Literal["new", "sent, late"] | None = None
    packed: Literal["by hand"] | None = None
    day: date | None = None
    ref: UUID | None = None
    weighed: Annotated[str | None, Rfc3339Nano] = None
    note: Annotated[str | None, OmitEmpty] = None
    sealed: Annotated[bool | None, OmitEmpty] = None
    lots: Annotated[int | None, OmitEmpty] = None
    tiny: Annotated[int | None, OmitEmpty] = None
    mid: Annotated[int | None, OmitEmpty] = None
    wide: Annotated[int | None, Int64, OmitEmpty] = None
    share: Annotated[float | None, OmitEmpty] = None
    ranks: set[Number] | None = None
    marks: set[Number] | None = None
    words: set[str] | None = None
    counts: dict[str, Any] | None = None
    config: Annotated[Any, Json] = None
    stops: list[Halt] | None = None
    home: Annotated[Depot | None, OmitEmpty] = None
    checked: Annotated[datetime | None, OmitEmpty] = None
    made: Annotated[int | None, UnixSeconds, CreatedAt()] = None
    seen: Annotated[int | None, UnixMillis, UpdatedAt()] = None
    turn: Annotated[int | None, Version()] = None
    until: Annotated[datetime | None, UnixSeconds, TTL(), OmitEmpty] = None


class InnerBox(Nested):
    label_text: Annotated[str | None, Attribute(name="lbl", field="label_text")] = None
    raw_bytes: Annotated[bytes | None, Attribute(name="raw", field="raw_bytes", omit_empty=True)] = None


class OuterBox(Nested):
    full_width: Annotated[int, Attribute(name="w", field="full_width")]
    height: Annotated[int | None, Attribute(name="h", field="height", omit_empty=True)] = None
    inner_box: Annotated[InnerBox | None, Attribute(name="in", field="inner_box")] = None


class Stop(Nested):
    city_name: Annotated[str, Attribute(name="c", field="city_name")]
    reached_at: Annotated[datetime | None, Attribute(name="t", field="reached_at")] = None
    city_tags: Annotated[set[str] | None, Attribute(name="c_t", field="city_tags")] = None


class Cell(Nested):
    column_number: Annotated[int, Attribute(name="x", field="column_number")]
    is_full: Annotated[bool | None, BoolString, Attribute(name="y", field="is_full", omit_empty=True)] = None


class Parcel(
    Model,
    table="parcels",
    dms_namespace="acme.mail",
    partition_key=Template("pk", "PARCEL#{no}"),
    discriminator=("kind", "Parcel"),
    indexes=[
        Index("by-state", Template("at_state", "STATE#{st}"), "wt", projection="INCLUDE", fields=("left", "kind")),
        Index("by-weight", sort="wt", projection="INCLUDE", fields=("kind", "st"), local=True),
        Index("by-left", sort="left", local=True),
    ],
    views=[View("Sides", ("right", "no", "left"))],
):
    leg_number: Annotated[int, Attribute(name="leg", field="leg_number"), SortKey()]
    parcel_number: Annotated[str, Attribute(name="no", field="parcel_number")]
    current_state: Annotated[str | None, Attribute(name="st", field="current_state")] = None
    weight: Annotated[int | None, Attribute(name="wt", field="weight")] = None
    left: Annotated[str | None, Attribute(field="right")] = None
    right: Annotated[str | None, Attribute(field="left")] = None
    line_2: Annotated[str | None, Attribute(name="note", field="line_2_of_3c", omit_empty=True)] = None
    name_tags: Annotated[set[str] | None, Attribute(name="marks", field="name_tags")] = None
    outer_box: Annotated[OuterBox | None, Attribute(name="box", field="outer_box")] = None
    all_stops: Annotated[list[Stop] | None, Attribute(name="stops", field="all_stops")] = None
    load_plan: Annotated[list[list[Cell]] | None, Attribute(name="grid", field="load_plan")] = None
    created_on: Annotated[datetime | None, CreatedAt(), Attribute(name="made", field="created_on")] = None
    last_seen: Annotated[datetime | None, UpdatedAt(), Attribute(name="seen", field="last_seen")] = None
    revision: Annotated[int | None, Version(), Attribute(name="rev", field="revision")] = None


class Sale(Enum):
    OPEN = "open"
    PAID = "paid"


class Extra(BaseModel):
    words: list[str]
    size: int | None


class Maker(Nested):
    full_name: str | None = Field("anon", alias="fullName")
    rank: int | None = 1


class Label(Nested):
    text: str
    unit: str | None = "kg"
    printed: datetime | None = datetime(2000, 1, 1, tzinfo=UTC)
    made_by: Annotated[Maker | None, Attribute(name="madeBy")] = Maker(fullName="anon")


class BasketLine(Nested):
    sku: str
    colour: Literal["red", "blue"] | None = "red"
    kinds: frozenset[str] | None = frozenset({"k"})


class BasketRow(
    Model,
    name="Basket",
    table="baskets",
    dms_namespace="acme.market",
    naming="camelCase",
    indexes=[Index("by-left", sort="piecesLeft", local=True, projection="KEYS_ONLY")],
    views=[View("Short", ("label", "state", "piecesLeft"))],
):
    model_config = ConfigDict(frozen=True)

    shop: Annotated[str, PartitionKey()] = Field(alias="shopId")
    number: Annotated[int, SortKey()]
    state: Sale | None = Sale.OPEN
    pieces_left: int | None = Field(3, alias="piecesLeft")
    layers: int = 1
    codes: frozenset[str] | None = frozenset({"c"})
    sizes: set[int] | None = None
    ratios: set[float] | None = None
    marks: frozenset[bytes] | None = None
    loose: list | None = Field(default_factory=list)  # type: ignore[type-arg]
    rest: dict | None = Field(default_factory=lambda: {"a": 1})  # type: ignore[type-arg]
    label: Label | None = Label(text="none")
    lines: list[BasketLine] | None = Field(default_factory=lambda: [BasketLine(sku="none")])
    created_at: Annotated[datetime | None, CreatedAt(), Attribute(name="createdAt")] = None
    updated_at: Annotated[datetime | None, UpdatedAt(), Attribute(name="updatedAt")] = None
    version: Annotated[int | None, Version()] = None
    extra: Annotated[Extra | None, Json] = None
    seen: date | None


class Gift(Nested):
    wrap: str | None = "paper"
    size: int | None = 2


class Hamper(BasketRow, table="hampers", dms_namespace="acme.market", naming="camelCase"):
    due: Annotated[datetime | None, UnixSeconds] = datetime(2000, 1, 1, tzinfo=UTC)
    gift_note: Annotated[str | None, Attribute(name="giftNote")] = "none"
    gift: Gift | None = Gift()
