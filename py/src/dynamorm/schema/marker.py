"""What `Annotated` and class keywords say about a model, beside its types."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal


class Marker:
    """Something said about an attribute inside `Annotated`."""


@dataclass(frozen=True)
class RoleMarker(Marker):
    """A duty of the attribute."""

    role: ClassVar[str] = ""


class PartitionKey(RoleMarker):
    """The table's partition key."""

    role = "pk"


class SortKey(RoleMarker):
    """The table's sort key."""

    role = "sk"


class CreatedAt(RoleMarker):
    """The library writes when the item was created."""

    role = "created_at"


class UpdatedAt(RoleMarker):
    """The library writes when the item was last changed."""

    role = "updated_at"


class Version(RoleMarker):
    """The library counts the writes and refuses stale ones."""

    role = "version"


class TTL(RoleMarker):
    """DynamoDB removes the item some time after this instant (unix seconds)."""

    role = "ttl"


@dataclass(frozen=True)
class Attribute(Marker):
    """What the annotation's type does not say: the attribute's name, its format, and how it is stored."""

    name: str | None = None
    type: str | None = None
    format: str | None = None
    omit_empty: bool = False
    json: bool = False
    field: str | None = None


@dataclass(frozen=True)
class Encrypted(Marker):
    """Stored as an envelope, readable only with a key."""

    context: tuple[tuple[str, str], ...] = ()


OmitEmpty = Attribute(omit_empty=True)
Json = Attribute(json=True)
BoolString = Attribute(type="S", format="bool_string")
Int64 = Attribute(format="int64")
UnixSeconds = Attribute(type="N", format="unix_seconds")
UnixMillis = Attribute(type="N", format="unix_millis")
Rfc3339Nano = Attribute(format="rfc3339nano")
Number = int | Decimal
"""An N without format: an int where it is integral, else a Decimal."""


@dataclass(frozen=True)
class Template:
    """A key attribute composed of text and other attributes, which alone the caller handles.

    >>> Template("sk", "ORDER#{number:08d}").attribute
    'sk'
    """

    attribute: str
    template: str


@dataclass(frozen=True)
class Index:
    """A secondary index, by attribute names or templates; `local` indexes share the table's partition key."""

    name: str
    partition: str | Template | None = None
    sort: str | Template | None = None
    local: bool = False
    projection: Literal["ALL", "KEYS_ONLY", "INCLUDE"] = "ALL"
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """A named read projection."""

    name: str
    fields: tuple[str, ...]
