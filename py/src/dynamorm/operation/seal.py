"""Encrypted attributes of requests and answers: where a value waits to be sealed, and which items are to be opened.

An operation only points at them; whoever drives it has the keys.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from ..codec import Plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..codec import AttributeValue, Item
    from .binding import Binding
    from .exchange import Response


class Visit(Protocol):
    """What is made of an item of an answer before it is read; `key` is its key where it may not hold it itself."""

    def __call__(self, binding: Binding, item: Item, key: Item | None = None) -> Item:
        """Give what stands in the item's place."""
        ...


@dataclass(frozen=True, repr=False)
class Seal:
    """A value of a request that waits to be sealed: which attribute of which item it is, and where it stands."""

    binding: Binding
    name: str
    key: Mapping[str, AttributeValue]
    holder: dict[str, Any]
    slot: str

    @property
    def value(self) -> AttributeValue:
        """Give the plain value."""
        plain: Plain = self.holder[self.slot]
        return plain.reveal()

    def fill(self, envelope: AttributeValue) -> None:
        """Put the envelope in its place."""
        self.holder[self.slot] = envelope


def wire_item(binding: Binding, item: Item) -> Item:
    """Give the item that is sent: a copy of one with values to be sealed, any other as it is."""
    return dict(item) if binding.codec.encrypted else item


def seals_of(binding: Binding, item: Item) -> list[Seal]:
    """Give what waits in an item, in the order of the attributes' names."""
    names = [name for name in binding.codec.encrypted if isinstance(item.get(name), Plain)]
    return [Seal(binding, name, item, item, name) for name in names]


def visited(
    response: Response, members: Sequence[str], visit: Visit, binding: Binding, key: Item | None = None
) -> Response:
    """Visit the items that are members of an answer."""
    if not binding.codec.encrypted:
        return response
    found = {name: item for name in members if isinstance(item := response.body.get(name), dict) and item}
    if not found:
        return response
    return replace(
        response, body={**response.body, **{name: visit(binding, item, key) for name, item in found.items()}}
    )
