"""The key condition of a query: the partition, and what the caller says of the sort key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..codec import check_key, path_name, write_any
from ..errors import InvalidOperatorError, MissingPrimaryKeyError, ValidationFailedError
from ..expression import SortCondition, is_above
from ..limits import PARTITION_KEY_MAX_BYTES, SORT_KEY_MAX_BYTES
from .place import Place, choose, parts_of, place_of

if TYPE_CHECKING:
    from ..codec import AttributeValue, Item, ItemCodec
    from ..expression import Placeholders
    from ..schema import Key

    Sort = SortCondition | Mapping[str, Any] | None


def find_place(codec: ItemCodec, index: str | None, partition: Any, sort: Sort) -> Place:  # noqa: ANN401 - a key's value, or a map
    """Tell where a query goes: by name, to the table for a plain value, by the named attributes for a map."""
    if index is None and isinstance(partition, Mapping):
        return choose(codec, partition, sort)
    return place_of(codec.model, index)


class KeyCondition:
    """A checked and marshalled key condition, waiting for placeholders."""

    def __init__(self, codec: ItemCodec, place: Place, partition: Any, sort: Sort) -> None:  # noqa: ANN401 - a key's value, or a map
        """Check and marshal.

        Raises MissingPrimaryKeyError, ValidationFailedError, InvalidOperatorError.
        """
        self.codec, self.place = codec, place
        self.partition = self._partition(partition)
        self.operator, self.operands = ("", []) if sort is None else self._sort(sort)

    def text(self, placeholders: Placeholders) -> str:
        """Write the condition."""
        out = f"{placeholders.path((self.place.partition.attribute,))} = {placeholders.value(self.partition)}"
        if self.place.sort is None or not self.operator:
            return out
        name = placeholders.path((self.place.sort.attribute,))
        values = [placeholders.value(operand) for operand in self.operands]
        if self.operator == "begins_with":
            return f"{out} AND begins_with({name}, {values[0]})"
        return f"{out} AND {name} {self.operator} {' AND '.join(values)}"

    def _partition(self, given: Any) -> AttributeValue:  # noqa: ANN401 - a key's value, or a map
        key = self.place.partition
        names = parts_of(self.codec, key)
        composed = key.attribute in self.codec.compositions
        if not isinstance(given, Mapping):
            if composed and given is not None:
                raise ValidationFailedError("a composed key is given by its parts", path=path_name(key.attribute))
            given = {} if given is None else {key.attribute: given}
        for name in names:
            if given.get(name) is None:
                raise MissingPrimaryKeyError(
                    f"{self.codec.model.name}: the partition of the query is missing", path=path_name(name)
                )
        self._only(given, names)
        parts = self._written(given)
        value = self.codec.compositions[key.attribute].write(parts) if composed else parts[key.attribute]
        check_key(value, path_name(key.attribute), PARTITION_KEY_MAX_BYTES)
        return value

    def _only(self, given: Mapping[str, Any], names: tuple[str, ...]) -> None:
        for name in given:
            if name not in names:
                raise ValidationFailedError("no part of this key", path=path_name(str(name)))

    def _written(self, given: Mapping[str, Any]) -> Item:
        plans = self.codec.by_name
        return {name: plans[name].write(value, plans[name].label, 1) for name, value in given.items()}

    def _sort(self, sort: SortCondition | Mapping[str, Any]) -> tuple[str, list[AttributeValue]]:
        key = self.place.sort
        if key is None:
            raise InvalidOperatorError(f"{self.place} has no sort key")
        operator, operands = self._parts(key, sort) if isinstance(sort, Mapping) else self._operator(key, sort)
        for operand in operands:
            check_key(operand, path_name(key.attribute), SORT_KEY_MAX_BYTES)
        return operator, operands

    def _parts(self, key: Key, given: Mapping[str, Any]) -> tuple[str, list[AttributeValue]]:
        names = parts_of(self.codec, key)
        self._only(given, names)
        parts = self._written({name: value for name, value in given.items() if value is not None})
        composition = self.codec.compositions.get(key.attribute)
        if composition is None:
            if key.attribute not in parts:
                raise ValidationFailedError("no value of the sort key", path=path_name(key.attribute))
            return "=", [parts[key.attribute]]
        text, whole = composition.leading(parts)
        if not text:
            raise ValidationFailedError("no part of the sort key", path=path_name(key.attribute))
        return "=" if whole else "begins_with", [{"S": text}]

    def _operator(self, key: Key, sort: SortCondition) -> tuple[str, list[AttributeValue]]:
        path = path_name(key.attribute)
        if key.attribute in self.codec.compositions:
            raise InvalidOperatorError("a composed sort key is queried by its leading parts", path=path)
        if sort.operator == "begins_with" and key.type == "N":
            raise InvalidOperatorError("begins_with does not fit N", path=path)
        if any(operand is None for operand in sort.operands):
            raise ValidationFailedError("a sort key is never null", path=path)
        operands = [self._operand(key, sort.operator, operand) for operand in sort.operands]
        if sort.operator == "BETWEEN" and is_above(*operands):
            raise InvalidOperatorError("the lower end of a range is above the upper", path=path)
        return sort.operator, operands

    def _operand(self, key: Key, operator: str, operand: Any) -> AttributeValue:  # noqa: ANN401 - the caller's value
        path = path_name(key.attribute)
        if operator != "begins_with":
            return self.codec.by_name[key.attribute].write(operand, path, 1)
        written = write_any(operand, path, 1)
        if key.type not in written:
            raise ValidationFailedError(f"expected {key.type}", path=path)
        return written
