"""Copies: what becomes of a stored item on its way into another table, and the requests that read and write it.

Values are opened and sealed by whoever drives a request; here it is said which, and what is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ..codec import Plain, canonical_value, path_name
from ..codec.json_text import json_size
from ..encryption.field import parse_envelope
from ..errors import (
    ConditionFailedError,
    DecodeFailedError,
    DynamORMError,
    ThrottledError,
)
from ..errors.parts import ItemKey
from ..errors.refusal import Refusal
from ..expression import Placeholders
from .backoff import Attempts
from .batch_write import WriteEntry
from .chunk import identify_answered
from .condition import Guard, add_guard, failure, guard_text
from .exchange import Request, Response, SingleExchange
from .put import Stored
from .seal import Seal, Visit, seals_of, wire_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..codec import Item
    from .backoff import Random, Retries
    from .binding import Binding
    from .migration import Phase
    from .read import PageExchange, What

T = TypeVar("T")
_NEW = Guard(must_not_exist=True)


class TransformError(Exception):
    """A transform failed; why is its cause."""


class Copy:
    """A raw copy of all that a table holds: nothing is opened, nothing read."""

    phase: Phase = "backup"
    what: What = "all"

    def __init__(self, source: Binding, target: Binding) -> None:
        """Take where items come from, and where they go."""
        self.source, self.target = source, target
        self.opened: frozenset[str] = frozenset()
        """The attributes of the source that are opened."""
        self.sealed: frozenset[str] = frozenset()
        """The attributes of the target that are sealed."""

    def made(self, item: Item) -> Item | None:
        """Give the item that is written; None where it is skipped.

        Raises what the item fails of: a DynamORMError, or TransformError.
        """
        return item

    def is_same(self, ours: Item, there: Item) -> bool:
        """Tell whether the target holds what is to be written."""
        return all(_is_same_value(self.target, name, ours.get(name), there.get(name)) for name in {*ours, *there})


class OwnCopy(Copy):
    """A copy of a model's items as they are, as far as the target's model reads them; some are opened, some sealed."""

    phase = "copy"
    what = "own"

    def __init__(self, source: Binding, target: Binding) -> None:
        """See what is bound otherwise."""
        super().__init__(source, target)
        alike = {name for name in source.codec.encrypted if _bound(source, name) == _bound(target, name)}
        self.opened = frozenset(source.codec.encrypted) - alike
        self.sealed = frozenset(target.codec.encrypted) - alike
        self._left = alike
        self._reader = target.codec.without(alike)

    def made(self, item: Item) -> Item | None:
        """Give the item with its envelopes opened, or in their places what waits to be sealed."""
        self.source.codec.require_own(item)
        out = dict(item)
        for name in sorted({*self.opened, *self.sealed} & item.keys(), key=str.encode):
            value = _value(item[name])
            waits = name in self.sealed and _canonical(value) is not None
            out[name] = _to_seal(item[name], value) if waits else value
        self._reader.unmarshal_item(out)
        for name in self._left:
            if self.target.codec.by_name[name].field.required and _canonical(item.get(name)) is None:
                raise DecodeFailedError(
                    f"{self.target.model.name}: a required attribute is missing", path=path_name(name)
                )
        return out


class Transformed(Copy):
    """A copy of what a transform makes of a model's values."""

    phase = "copy"
    what = "own"

    def __init__(
        self,
        source: Binding,
        target: Binding,
        transform: Callable[[Any], Any],
        values: Callable[[Any], Mapping[str, Any]],
    ) -> None:
        """Take the transform, and what checks a value of the target and gives its attributes."""
        super().__init__(source, target)
        self.opened, self.sealed = frozenset(source.codec.encrypted), frozenset(target.codec.encrypted)
        self._transform, self._values = transform, values
        self._known = _names(source) | _names(target)

    def made(self, item: Item) -> Item | None:
        """Give the transform's result as the target's model has it, and beside it what neither model knows."""
        value = self.source.decode(item)
        try:
            result = self._transform(value)
        except Exception as error:
            raise TransformError from error
        if result is None:
            return None
        codec = self.target.codec
        out = codec.marshal_item(self._values(result))
        beside = {name: stored for name, stored in item.items() if name not in self._known}
        if beside:
            out |= beside
            codec.check_size(out)
        return out


def _names(binding: Binding) -> set[str]:
    return {*binding.codec.by_name, *binding.codec.own_names}


def _bound(binding: Binding, name: str) -> tuple[object, ...] | None:
    """Give what the envelopes of an attribute are bound to; None where it has none."""
    plan = binding.codec.by_name.get(name)
    if plan is None or plan.field.encryption is None:
        return None
    model, pinned = binding.model, plan.field.encryption.get("context", {})
    names = model.namespace, pinned.get("model", model.name), pinned.get("attribute", name)
    return *names, model.partition, model.sort


def _value(stored: Any) -> dict[str, Any]:  # noqa: ANN401 - DynamoDB JSON, or what was opened of it
    return stored.reveal() if isinstance(stored, Plain) else stored


def _to_seal(stored: Any, value: dict[str, Any]) -> Any:  # noqa: ANN401 - it stands where a value will
    """Give what waits to be sealed: what was sealed keeps its spelling, what was not gets the codec's."""
    return Plain(value if isinstance(stored, Plain) and stored.key is not None else _spelled(value))


def _spelled(value: Any) -> Any:  # noqa: ANN401 - DynamoDB JSON
    try:
        return canonical_value(value)
    except Refusal:  # nothing that DynamoDB holds
        return value


def _canonical(value: Any) -> Any:  # noqa: ANN401 - DynamoDB JSON
    """Give an attribute as it is compared: in one spelling, and NULL as one that is not there."""
    return None if value is None or (isinstance(value, dict) and "NULL" in value) else _spelled(value)


def _is_alike(ours: Item, there: Item) -> bool:
    """Tell whether two items are the same as they are stored."""
    return all(_canonical(ours.get(name)) == _canonical(there.get(name)) for name in {*ours, *there})


def _is_same_value(target: Binding, name: str, ours: Any, there: Any) -> bool:  # noqa: ANN401 - DynamoDB JSON
    """Compare by what the codec would write; what was sealed anew is equal to any envelope."""
    if isinstance(ours, Plain):
        return _is_envelope(there)
    return bool(_written(target, name, ours) == _written(target, name, there))


def _is_envelope(stored: Any) -> bool:  # noqa: ANN401 - DynamoDB JSON
    try:
        parse_envelope(stored, "")
    except DynamORMError:
        return False
    return True


def _written(target: Binding, name: str, stored: Any) -> Any:  # noqa: ANN401 - DynamoDB JSON
    plan, value = target.codec.by_name.get(name), _canonical(stored)
    if plan is None or plan.field.encryption is not None or value is None:
        return value
    try:
        return plan.stored(plan.read(value[plan.field.type], plan.label), plan.label, 1)
    except (DynamORMError, LookupError, TypeError):  # what the codec would not write: equal to its like
        return value


class Insisting(SingleExchange[T]):
    """An operation of one call that is sent again where it is throttled, as a chunk of a batch is."""

    def __init__(self, request: Request, retries: Retries, random: Random) -> None:
        """Take the built request."""
        super().__init__(request)
        self._attempts, self._is_over = Attempts(retries, random), False

    def next(self) -> Request | None:
        """Give the request, unless it was answered."""
        return None if self._is_over else replace(self.request, delay_ms=self._attempts.delay_ms())

    def receive(self, response: Response) -> None:
        """Read the answer, unless it is to be sent again."""
        if not isinstance(response.error, ThrottledError) or self._attempts.spent:
            self._is_over = True
            super().receive(response)


class CopyPage(Insisting["tuple[list[Item], Item | None]"]):
    """A page of items as they are stored, but for the envelopes that a copy opens; and where it ends."""

    def __init__(self, page: PageExchange, copy: Copy, retries: Retries, random: Random) -> None:
        """Take the request of a page."""
        super().__init__(page.request, retries, random)
        self._binding = replace(copy.source, codec=copy.source.codec.opening(copy.opened))

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit every item."""
        if not self._binding.codec.encrypted:
            return response
        items = [visit(self._binding, item) for item in response.body.get("Items", [])]
        return replace(response, body={**response.body, "Items": items})

    def read(self, response: Response) -> tuple[list[Item], Item | None]:
        """Give the items."""
        if response.error is not None:
            raise response.error
        return response.body.get("Items", []), response.body.get("LastEvaluatedKey") or None


class CopyPut(Insisting[bool]):
    """Write an item; with `keep` only where there is none. The result tells whether it was, and not there before."""

    def __init__(self, copy: Copy, item: Item, retries: Retries, random: Random, *, keep: bool) -> None:
        """Build the request."""
        self._copy, self._item, self._wire = copy, item, wire_item(copy.target, item)
        body: dict[str, Any] = {"TableName": copy.target.table, "Item": self._wire}
        placeholders = Placeholders()
        if keep:
            add_guard(body, guard_text(copy.target, _NEW, placeholders))
        super().__init__(Request("PutItem", body | placeholders.members(), write=True), retries, random)

    def seals(self) -> list[Seal]:
        """Give what waits in the item."""
        return seals_of(self._copy.target, self._wire)

    def check_sealed(self) -> None:
        """Refuse an item that is too large with its envelopes."""
        self._copy.target.codec.check_size(self._wire)

    def read(self, response: Response) -> bool:
        """Read the answer.

        Raises AlreadyExistsError where something else is there.
        """
        there = response.body.get("Item")
        refused = isinstance(response.error, ConditionFailedError)
        if refused and there is not None and response.unanswered and _is_alike(self._wire, there):
            return True  # an earlier attempt, whose answer was lost, wrote it
        if refused and there is not None and self._copy.is_same(self._item, there):
            return False
        error = failure(self._copy.target, _NEW, response)
        if error is not None:
            raise error
        return True


@dataclass(kw_only=True)
class CopyEntry(WriteEntry):
    """An item that is written in a batch; `origin` is what it was made of."""

    origin: Item

    def item_key(self) -> ItemKey:
        """Give its key as far as it can be read."""
        return ItemKey(self.binding.model.name, key_of(self.binding, self.parts))


def copy_entry(copy: Copy, item: Item, origin: Item) -> CopyEntry:
    """Build the entry of an item."""
    binding = copy.target
    wire = {"PutRequest": {"Item": wire_item(binding, item)}}
    try:
        identity = identify_answered(binding.table, binding.model.key_names, item)
    except DecodeFailedError:  # without a key: DynamoDB refuses it, by itself
        identity = (binding.table, str(id(item)))
    stored, size_bytes = Stored(binding.codec, item, (), None), json_size(wire, Plain.reveal)
    return CopyEntry(binding, item, identity, wire, size_bytes=size_bytes, stored=stored, origin=origin)


def key_of(binding: Binding, item: Item) -> dict[str, Any]:
    """Give an item's key as far as it can be read."""
    try:
        return binding.codec.key_values(item)
    except DynamORMError:
        return {}
