"""Where a read goes: the table or one of its indexes, by name or by the attributes that the caller gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InvalidOperatorError, ValidationFailedError

if TYPE_CHECKING:
    from ..codec import ItemCodec
    from ..schema import Index, Key, Model


@dataclass(frozen=True)
class Place:
    """The table (`index` is None) or an index, with the keys it is queried by."""

    model: Model
    index: Index | None
    partition: Key
    sort: Key | None

    @property
    def is_global(self) -> bool:
        """Tell whether it is a global index."""
        return self.index is not None and self.index.type == "GSI"

    @property
    def key_names(self) -> tuple[str, ...]:
        """Give the names of the keys it is queried by."""
        return (self.partition.attribute,) if self.sort is None else (self.partition.attribute, self.sort.attribute)

    @property
    def cursor_keys(self) -> dict[str, str]:
        """Give name and type of every attribute of a cursor: the table's keys, then the index's."""
        keys = (self.model.partition, self.model.sort, self.partition, self.sort)
        return {key.attribute: key.type for key in keys if key is not None}

    @property
    def whole(self) -> bool:
        """Tell whether its items are whole ones."""
        return self.index is None or self.index.projection == "ALL"

    def projects(self, name: str) -> bool:
        """Tell whether its items hold an attribute of the table's."""
        if self.index is None or self.whole or name in self.cursor_keys or name in self.index.fields:
            return True
        mark = self.model.discriminator
        return mark is not None and mark.attribute == name

    def holds(self, codec: ItemCodec, given: Mapping[str, Any], sort: Any) -> bool:  # noqa: ANN401 - a condition or parts
        """Tell whether the attributes that the caller names are these keys."""
        if set(given) != set(parts_of(codec, self.partition)):
            return False
        if sort is None:
            return True
        if self.sort is None:
            return False
        if isinstance(sort, Mapping):
            return set(sort) == set(parts_of(codec, self.sort)[: len(sort)])
        return self.sort.attribute not in codec.compositions

    def __str__(self) -> str:
        """Name it with its keys, for messages."""
        return f"{'the table' if self.index is None else self.index.name} ({', '.join(self.key_names)})"


def parts_of(codec: ItemCodec, key: Key) -> tuple[str, ...]:
    """Give the attributes that make up a key: itself, or the parts of its template."""
    composition = codec.compositions.get(key.attribute)
    return (key.attribute,) if composition is None else composition.parts


def place_of(model: Model, name: str | None) -> Place:
    """Give the table, or an index by name.

    Raises ValidationFailedError for an unknown name.
    """
    if name is None:
        return Place(model, None, model.partition, model.sort)
    index = next((one for one in model.indexes if one.name == name), None)
    if index is None:
        raise ValidationFailedError(f"{model.name} has no index of this name")
    return Place(model, index, index.partition, index.sort)


def choose(codec: ItemCodec, given: Mapping[str, Any], sort: Any) -> Place:  # noqa: ANN401 - a condition or parts
    """Choose by the attributes that the caller names: the table where they are its keys, else the one index.

    Raises InvalidOperatorError with the candidates where none fits, or several do.
    """
    table, *indexes = (place_of(codec.model, name) for name in (None, *(index.name for index in codec.model.indexes)))
    if table.holds(codec, given, sort):
        return table
    fitting = [place for place in indexes if place.holds(codec, given, sort)]
    if len(fitting) == 1:
        return fitting[0]
    reason = "several indexes fit, name one of" if fitting else "no key fits these attributes; there are"
    raise InvalidOperatorError(f"{codec.model.name}: {reason} {', '.join(map(str, fitting or [table, *indexes]))}")
