"""PutItem: create, put and save are three ways to write a whole item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ValidationFailedError
from ..expression import Placeholders
from .binding import next_version, same_item, stamp
from .condition import Guard, add_guard, failure, guard_text
from .exchange import Request, Response, SingleExchange
from .seal import seals_of, visited, wire_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..codec import AttributeValue, Item, ItemCodec
    from ..expression import Condition
    from ..schema import Field
    from .binding import Binding
    from .seal import Seal, Visit

# The time that nobody gave, as each format writes it.
ZERO_TIMES = {
    "0001-01-01T00:00:00.000000Z",
    "0001-01-01T00:00:00.000000000Z",
    "-62135596800",
    "-62135596800000",
}


@dataclass(frozen=True)
class Stored:
    """What a put wrote: the item, which of its attributes the library stamped, and the item it replaced."""

    codec: ItemCodec
    item: Item
    stamped: tuple[str, ...]
    old: dict[str, Any] | None

    def values(self) -> dict[str, Any]:
        """Give the item as it would be read."""
        return self.codec.unmarshal_item(self.item)

    def only(self, names: Iterable[str]) -> dict[str, Any]:
        """Give some of its attributes, as they would be read."""
        return self.codec.unmarshal_item({name: self.item[name] for name in names if name in self.item}, partial=True)


class Put(SingleExchange[Stored]):
    """Write one whole item; built by `create`, `put` and `save` below."""

    def __init__(
        self,
        binding: Binding,
        item: dict[str, Any],
        stamped: tuple[str, ...],
        guard: Guard,
        *,
        return_old: bool = False,
        own: bool = False,
    ) -> None:
        """Build the request; `own` is for create and save, whose lost answers can be told from others' items."""
        self.binding, self.item, self.stamped, self.guard, self.own = binding, item, stamped, guard, own
        self._wire = wire_item(binding, item)
        body: dict[str, Any] = {"TableName": binding.table, "Item": self._wire}
        placeholders = Placeholders()
        add_guard(body, guard_text(binding, guard, placeholders))
        if return_old:
            binding.codec.require_readable()
            body["ReturnValues"] = "ALL_OLD"
        super().__init__(Request("PutItem", body | placeholders.members(), write=True))

    def seals(self) -> list[Seal]:
        """Give what waits in the item."""
        return seals_of(self.binding, self._wire)

    def check_sealed(self) -> None:
        """Refuse an item that is too large with its envelopes."""
        self.binding.codec.check_size(self._wire)

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit the old item, or the one of a failed condition."""
        return visited(response, ("Attributes", "Item"), visit, self.binding)

    def read(self, response: Response) -> Stored:
        """Read the answer."""
        error = failure(self.binding, self.guard, response)
        if error is not None and not self._lost_answer(response):
            raise error
        old = response.body.get("Attributes")
        codec = self.binding.codec
        return Stored(codec, self.item, self.stamped, None if old is None else codec.unmarshal_item(old))

    def _lost_answer(self, response: Response) -> bool:
        """Tell whether the condition failed on the very item that an earlier, unanswered attempt wrote."""
        stored = response.body.get("Item")
        return (
            self.own
            and response.unanswered
            and stored is not None
            and same_item(stored, self._wire, self.binding.codec)
        )


def create(binding: Binding, values: Mapping[str, Any], now_ns: int) -> Put:
    """Write an item that must not exist yet: times and version are the library's, whatever was given."""
    item, stamped = _stamped(binding, values, now_ns, version={"N": "1"}, keep_created=False)
    return Put(binding, item, stamped, Guard(must_not_exist=True), own=True)


def put(
    binding: Binding,
    values: Mapping[str, Any],
    now_ns: int,
    *,
    condition: Condition | None = None,
    return_old: bool = False,
) -> Put:
    """Replace an item; a value with a version checks it."""
    current = _current(binding, values)
    version = {"N": "1"} if current is None else _following(binding, current)
    item, stamped = _stamped(binding, values, now_ns, version=version, keep_created=True)
    return Put(
        binding,
        item,
        stamped,
        Guard(condition=condition, expected_version=current),
        return_old=return_old,
    )


def put_item(binding: Binding, values: Mapping[str, Any], now_ns: int, *, versioned: bool) -> Stored:
    """Make the item that a put without a condition writes; a value with a version only where it is left unchecked.

    Raises as `put`, and ValidationFailedError for a version that nothing checks.
    """
    current = _current(binding, values)
    if current is not None and binding.version is not None and not versioned:
        raise ValidationFailedError("a batch does not check a version", path=binding.version.name)
    version = {"N": "1"} if current is None else _following(binding, current)
    item, stamped = _stamped(binding, values, now_ns, version=version, keep_created=True)
    return Stored(binding.codec, item, stamped, None)


def save(
    binding: Binding,
    values: Mapping[str, Any],
    now_ns: int,
    *,
    adopt: bool = False,
) -> Put:
    """Replace an item optimistically: the value has the stored version; without one, the item must not exist."""
    current = _current(binding, values)
    if adopt and current is not None and binding.version is not None:
        raise ValidationFailedError("adopt is for a value without a version", path=binding.version.name)
    version = {"N": "1"} if current is None else _following(binding, current)
    item, stamped = _stamped(binding, values, now_ns, version=version, keep_created=True)
    guard = Guard(must_not_exist=True) if current is None else Guard(expected_version=current)
    if adopt:
        guard = Guard(unversioned=True)
    return Put(binding, item, stamped, guard, own=True)


def _current(binding: Binding, values: Mapping[str, Any]) -> int | None:
    """Give the version a value has, checked; the key is checked first, for it matters more."""
    binding.codec.require_key(values)
    if binding.version is None or values.get(binding.version.name) is None:
        return None
    return int(
        binding.codec.by_name[binding.version.name].write(values[binding.version.name], binding.version.name, 1)["N"]
    )


def _following(binding: Binding, current: int) -> AttributeValue:
    version = next_version(str(current))
    if version is None and binding.version is not None:
        raise ValidationFailedError("the version after this one is beyond 64 bits", path=binding.version.name)
    return version or {}


def _is_given(binding: Binding, created: Field, values: Mapping[str, Any]) -> bool:
    """Tell whether the caller gave a time of creation; the zero time is none."""
    value = values.get(created.name)
    if value is None:
        return False
    plan = binding.codec.by_name[created.name]
    ((_, text),) = plan.write(value, plan.label, 1).items()
    return text not in ZERO_TIMES


def _stamped(
    binding: Binding, values: Mapping[str, Any], now_ns: int, *, version: AttributeValue, keep_created: bool
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Marshal a value with the library's own attributes in place; give the item and the names that were stamped."""
    own: dict[str, AttributeValue] = {}
    if binding.version is not None:
        own[binding.version.name] = version
    if binding.updated_at is not None:
        own[binding.updated_at.name] = stamp(binding.updated_at, now_ns)
    created = binding.created_at
    if created is not None and not (keep_created and _is_given(binding, created, values)):
        own[created.name] = stamp(created, now_ns)
    codec = binding.codec
    given = dict(values)
    given.update(codec.unmarshal_item(own, partial=True))
    item = codec.marshal_item(given)
    names = tuple(
        field.name for field in (binding.created_at, binding.updated_at, binding.version) if field is not None
    )
    return item, names
