"""What every operation needs to know of a table: the model's codec, its real name, and what the library owns of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..codec import AttributeValue, ItemCodec, Plain, clock_text
from ..errors import DynamORMError
from ..expression import Scope
from ..schema import Model, Role
from ..schema.instant import MICRO_DIGITS, NANO_DIGITS, NANOS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..schema import Field

DIGITS = {"timestamp": MICRO_DIGITS, "rfc3339nano": NANO_DIGITS}
UNIT_NS = {"unix_seconds": NANOS, "unix_millis": 1_000_000}


@dataclass(frozen=True)
class Binding:
    """A model bound to a table's real name."""

    model: Model
    table: str
    codec: ItemCodec
    scope: Scope
    decode: Callable[[Mapping[str, Any]], Any]
    """Make of an item what the table gives to its caller."""
    created_at: Field | None
    updated_at: Field | None
    version: Field | None

    @classmethod
    def of(cls, model: Model, table: str, codec: ItemCodec) -> Binding:
        """Bind a compiled model."""
        return cls(
            model,
            table,
            codec,
            Scope(codec),
            codec.unmarshal_item,
            model.role(Role.CREATED_AT),
            model.role(Role.UPDATED_AT),
            model.role(Role.VERSION),
        )

    @property
    def protected(self) -> frozenset[str]:
        """Give the attributes that no caller's update touches."""
        own = (field.name for field in (self.created_at, self.updated_at, self.version) if field is not None)
        return self.codec.own_names.union(self.model.key_names, self.model.key_fields, own)


def stamp(field: Field, now_ns: int) -> AttributeValue:
    """Write the clock's reading in an attribute's format, cut down, never rounded up."""
    if field.type == "N":
        return {"N": str(now_ns // UNIT_NS[str(field.format)])}
    return {"S": clock_text(now_ns, DIGITS[str(field.format)])}


def next_version(current: str) -> AttributeValue | None:
    """Give the version after `current`; None where 64 bits do not hold it."""
    following = int(current) + 1
    return {"N": str(following)} if following < 2**63 else None


def same_item(left: dict[str, Any], right: dict[str, Any], codec: ItemCodec) -> bool:
    """Tell whether two items are equal by value, as the model reads them; as they are stored in what it does not know.

    What is encrypted is equal where its envelope is.
    """
    known = codec.by_name.keys() - set(codec.encrypted)
    raw = [{name: _stored(value) for name, value in item.items() if name not in known} for item in (left, right)]
    plain = [{name: value for name, value in item.items() if name not in codec.encrypted} for item in (left, right)]
    try:
        if raw[0] != raw[1]:
            return False
        codec.require_own(left)
        codec.require_own(right)
        return codec.unmarshal_item(plain[0], partial=True) == codec.unmarshal_item(plain[1], partial=True)
    except DynamORMError:  # what the model cannot read it did not write
        return False


def _stored(value: Any) -> Any:  # noqa: ANN401 - DynamoDB JSON, or what was opened of it
    return value.stored if isinstance(value, Plain) else value
