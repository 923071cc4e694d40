"""What a model is: frozen descriptions of attributes, keys, indexes and views.

They know DMS terms and nothing of wire or language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .template import Template


class Role(StrEnum):
    """A duty an attribute has for the library."""

    PARTITION_KEY = "pk"
    SORT_KEY = "sk"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    VERSION = "version"
    TTL = "ttl"


ROLE_ORDER = tuple(role.value for role in Role)


@dataclass(frozen=True)
class Field:
    """One attribute: on the top level of an item, in a typed map, or (without a name) the element of a list."""

    name: str
    type: str
    format: str | None = None
    json: bool = False
    required: bool = False
    omit_empty: bool = False
    enum: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    fields: tuple[Field, ...] | None = None
    items: Field | None = None
    encryption: dict[str, Any] | None = None
    field_name: str | None = None


@dataclass(frozen=True)
class Key:
    """One key attribute."""

    attribute: str
    type: str


@dataclass(frozen=True)
class Composed:
    """A key attribute that a template composes; callers never handle its text."""

    name: str
    template: Template


@dataclass(frozen=True)
class Discriminator:
    """The attribute that marks a model's items, and its value."""

    attribute: str
    value: str


@dataclass(frozen=True)
class Index:
    """A secondary index."""

    name: str
    type: str
    partition: Key
    sort: Key | None
    projection: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A whole model; `document` is its canonical DMS form.

    `fields` are what callers handle: composed attributes and the discriminator are not among them.
    """

    name: str
    table: str
    partition: Key
    sort: Key | None
    fields: tuple[Field, ...]
    composed: tuple[Composed, ...] = ()
    discriminator: Discriminator | None = None
    indexes: tuple[Index, ...] = ()
    views: dict[str, tuple[str, ...]] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        """Give the document's namespace; empty where it has none."""
        found: str = self.document.get("namespace", "")
        return found

    @property
    def key_names(self) -> tuple[str, ...]:
        """Give the names of the table's key attributes, partition first."""
        return (self.partition.attribute,) if self.sort is None else (self.partition.attribute, self.sort.attribute)

    @property
    def key_fields(self) -> tuple[str, ...]:
        """Give the attributes that make up the table's key: plain ones, and the parts of composed ones."""
        composed = {one.name: one.template for one in self.composed}
        names = [
            part.name if part is not None else name
            for name in self.key_names
            for part in (composed[name].parts if name in composed else (None,))
        ]
        return tuple(dict.fromkeys(names))

    def field_of(self, name: str) -> Field | None:
        """Give a top-level attribute by name."""
        return next((one for one in self.fields if one.name == name), None)

    def role(self, role: Role) -> Field | None:
        """Give the attribute that has a role."""
        return next((one for one in self.fields if role.value in one.roles), None)
