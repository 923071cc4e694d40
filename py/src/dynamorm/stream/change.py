"""What a record means: whose it is, its values, and which attributes it changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import DynamORMError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ..codec import Item, ItemCodec
    from ..codec.item import FieldPlan
    from .record import Kind, RawRecord

V = TypeVar("V")
SETS = ("SS", "NS", "BS")


@dataclass(frozen=True)
class Record(Generic[V]):
    """One change of an item, as a stream tells it.

    `keys` has the table's key attributes, composed ones as their text. `old` and `new` are the item before and after,
    None where the stream's view type leaves them out. `changed` names the attributes whose values differ, where that
    can be told. `expired` is a removal by DynamoDB, for the time to live was over. `created_at` is exact to the
    millisecond.
    """

    model: str
    kind: Kind
    event_id: str | None
    sequence_number: str
    created_at: datetime | None
    expired: bool
    keys: dict[str, Any] = field(repr=False)
    old: V | None = field(repr=False)
    new: V | None = field(repr=False)
    changed: tuple[str, ...] | None


Values = dict[str, Any]


def is_own(codec: ItemCodec, image: Item) -> bool:
    """Tell whether an image is of a model, as far as its discriminator says."""
    mark = codec.model.discriminator
    return mark is None or image.get(mark.attribute) == {"S": mark.value}


def owner_of(codecs: Iterable[ItemCodec], raw: RawRecord) -> int | None:
    """Tell whose a record is, by its new image or else the old one: the place among the models; None for nobody's.

    Of one model alone is also what has no image.
    """
    models = list(codecs)
    image = raw.old if raw.new is None else raw.new
    if image is None:
        return 0 if len(models) == 1 else None
    return next((place for place, codec in enumerate(models) if is_own(codec, image)), None)


def changed_names(codec: ItemCodec, kind: Kind, old: Values | None, new: Values | None) -> tuple[str, ...] | None:
    """Name the attributes that differ, by what the codec would write of them; None where an image is missing."""
    if (new is None and kind != "remove") or (old is None and kind != "insert"):
        return None
    before = {} if kind == "insert" else old or {}
    after = {} if kind == "remove" else new or {}
    names = [name for name, plan in codec.by_name.items() if _written(plan, before) != _written(plan, after)]
    return tuple(sorted(names, key=str.encode))


def _written(plan: FieldPlan, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - DynamoDB JSON
    """Give what the codec would write of an attribute; None where that is nothing."""
    value = values.get(plan.field.name)
    if value is None:
        return None
    try:
        return plan.stored(value, plan.label, 1)
    except DynamORMError:  # a stored value that the codec would refuse: equal to its like
        return value
