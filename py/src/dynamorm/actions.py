"""Actions: reads and writes that are not done but said, to stand in a batch or a transaction.

`table.actions` makes them. An action holds its table and the arguments as they were given; what they amount to is seen
when it is used, each time anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .errors import DynamORMError, ValidationFailedError
from .expression import Changes, PathLike
from .operation import (
    Check,
    Delete,
    Guard,
    Selection,
    Stored,
    Update,
    Wanted,
    create,
    delete_entry,
    item_key,
    put,
    put_entry,
    save,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .errors.parts import ItemKey
    from .expression import Condition
    from .operation import Action as Built
    from .operation import Binding, Put, WriteEntry

V = TypeVar("V")
T_co = TypeVar("T_co", covariant=True)
Members = Mapping[str, Any] | Iterable[tuple[PathLike, Any]] | None
"""Changes of one kind: a map of paths to values, or pairs where a name holds a dot or the path is made of segments."""
KINDS = (
    "set",
    "set_if_absent",
    "add",
    "subtract",
    "append",
    "prepend",
    "copy",
    "remove",
    "add_to_set",
    "delete_from_set",
)


@dataclass(frozen=True, repr=False)
class Seam(Generic[V]):
    """What actions know of their table: its binding, and how values and keys go in and come out."""

    binding: Binding
    values: Callable[[Any], tuple[Mapping[str, Any], V | None]]
    key: Callable[[Any], Mapping[str, Any]]
    accept: Callable[[Any, Stored], None]
    value: Callable[[Mapping[str, Any]], V]
    tells_model: bool
    """Whether a value tells its model by its type."""


@dataclass(frozen=True, repr=False, eq=False)
class Action:
    """A write, or a check, that is not done yet; made by `table.actions`."""

    seam: Seam[Any]

    def build(self, now_ns: int) -> Built:
        """Build the single operation that a transaction has among its actions."""
        raise NotImplementedError

    def entry(self, now_ns: int, *, unchecked: bool) -> WriteEntry:  # noqa: ARG002 - puts and deletes look at it
        """Build the entry of a batch.

        Raises ValidationFailedError where a batch has no such entries.
        """
        raise ValidationFailedError("a batch has puts and deletes; whatever else, a transaction")

    def accept(self, stored: Stored) -> None:
        """Let the caller's own value take over what was stored of it."""

    def key(self) -> ItemKey | None:
        """Give the key of its item; None where it has none."""
        binding = self.seam.binding
        try:
            values = self.seam.key(self._keyed())
            binding.codec.marshal_key(values)
            return item_key(binding, binding.codec.key_parts(values))
        except DynamORMError:
            return None

    def _keyed(self) -> Any:  # noqa: ANN401 - a key or a value
        raise NotImplementedError


@dataclass(frozen=True, repr=False, eq=False)
class _WholeAction(Action):
    """A write of a whole value."""

    given: Any

    def accept(self, stored: Stored) -> None:
        """Let the caller's own value take over what was stored of it."""
        self.seam.accept(self.given, stored)

    def _values(self) -> Mapping[str, Any]:
        return self.seam.values(self.given)[0]

    def _keyed(self) -> Any:  # noqa: ANN401 - a key or a value
        return self.given


@dataclass(frozen=True, repr=False, eq=False)
class PutAction(_WholeAction):
    """A `put`; a batch takes it without a condition."""

    condition: Condition | None = None

    def build(self, now_ns: int) -> Put:
        """Build the put."""
        return put(self.seam.binding, self._values(), now_ns, condition=self.condition)

    def entry(self, now_ns: int, *, unchecked: bool) -> WriteEntry:
        """Build the entry of a batch."""
        conditional = self.condition is not None
        return put_entry(self.seam.binding, self._values(), now_ns, conditional=conditional, unchecked=unchecked)


@dataclass(frozen=True, repr=False, eq=False)
class CreateAction(_WholeAction):
    """A `create`."""

    def build(self, now_ns: int) -> Put:
        """Build the put."""
        return create(self.seam.binding, self._values(), now_ns)


@dataclass(frozen=True, repr=False, eq=False)
class SaveAction(_WholeAction):
    """A `save`."""

    adopt: bool

    def build(self, now_ns: int) -> Put:
        """Build the put."""
        return save(self.seam.binding, self._values(), now_ns, adopt=self.adopt)


@dataclass(frozen=True, repr=False, eq=False)
class UpdateAction(Action):
    """An `update`; nothing comes back of it."""

    item: Any
    members: Mapping[str, Any]
    guard: Guard
    upsert: bool

    def build(self, now_ns: int) -> Update:
        """Build the update."""
        key, changes = self.seam.key(self.item), Changes.of(self.members)
        return Update(self.seam.binding, key, changes, self.guard, now_ns=now_ns, upsert=self.upsert, returns="none")

    def _keyed(self) -> Any:  # noqa: ANN401 - a key or a value
        return self.item


@dataclass(frozen=True, repr=False, eq=False)
class DeleteAction(Action):
    """A `delete`; a batch takes it without conditions."""

    item: Any
    guard: Guard

    def build(self, now_ns: int) -> Delete:  # noqa: ARG002 - a delete has no times
        """Build the delete."""
        return Delete(self.seam.binding, self.seam.key(self.item), self.guard)

    def entry(self, now_ns: int, *, unchecked: bool) -> WriteEntry:  # noqa: ARG002 - see above
        """Build the entry of a batch."""
        return delete_entry(self.seam.binding, self.seam.key(self.item), self.guard, unchecked=unchecked)

    def _keyed(self) -> Any:  # noqa: ANN401 - a key or a value
        return self.item


@dataclass(frozen=True, repr=False, eq=False)
class CheckAction(Action):
    """A demand on an item that a transaction leaves alone."""

    item: Any
    guard: Guard

    def build(self, now_ns: int) -> Check:  # noqa: ARG002 - see above
        """Build the check."""
        return Check(self.seam.binding, self.seam.key(self.item), self.guard)

    def _keyed(self) -> Any:  # noqa: ANN401 - a key or a value
        return self.item


@dataclass(frozen=True, repr=False, eq=False)
class GetAction(Generic[T_co]):
    """A `get`, to stand in a batch or a transaction; made by `table.actions`."""

    seam: Seam[Any]
    item: Any
    select: Sequence[PathLike] | None
    view: str | None
    consistent: bool

    @property
    def whole(self) -> bool:
        """Tell whether the whole item is read."""
        return self.select is None and self.view is None

    def wanted(self, selection: Selection, *, named: bool) -> Wanted[Any]:
        """Say what is read; with `named` what does not tell its model comes in a pair with the model's name."""
        make: Callable[[dict[str, Any]], Any] = self.seam.value if self.whole else dict
        if named and not (self.whole and self.seam.tells_model):
            name, bare = self.seam.binding.model.name, make
            make = lambda values: (name, bare(values))  # noqa: E731 - a name for two cases
        return Wanted(selection, self.seam.key(self.item), make)


class Actions(Generic[V]):
    """Makes the actions of one table; nothing of their arguments is looked at before they are used."""

    def __init__(self, seam: Seam[V]) -> None:
        """Take the table's seam; got by `table.actions`."""
        self._seam = seam

    def put(self, value: V | Mapping[str, Any], *, condition: Condition | None = None) -> PutAction:
        """Say `table.put`."""
        return PutAction(self._seam, value, condition)

    def create(self, value: V | Mapping[str, Any]) -> CreateAction:
        """Say `table.create`."""
        return CreateAction(self._seam, value)

    def save(self, value: V | Mapping[str, Any], *, adopt: bool = False) -> SaveAction:
        """Say `table.save`."""
        return SaveAction(self._seam, value, adopt)

    def update(
        self,
        key: Mapping[str, Any] | V,
        *,
        set: Members = None,  # noqa: A002 - DynamoDB's own word
        set_if_absent: Members = None,
        add: Members = None,
        subtract: Members = None,
        append: Members = None,
        prepend: Members = None,
        copy: Members = None,
        remove: Iterable[PathLike] | None = None,
        add_to_set: Members = None,
        delete_from_set: Members = None,
        condition: Condition | None = None,
        expected_version: int | None = None,
        upsert: bool = False,
    ) -> UpdateAction:
        """Say `table.update`."""
        given = (set, set_if_absent, add, subtract, append, prepend, copy, remove, add_to_set, delete_from_set)
        guard = Guard(condition=condition, must_exist=not upsert, expected_version=expected_version)
        return UpdateAction(self._seam, key, dict(zip(KINDS, given, strict=True)), guard, upsert)

    def delete(
        self,
        key: Mapping[str, Any] | V,
        *,
        condition: Condition | None = None,
        expected_version: int | None = None,
        must_exist: bool = False,
    ) -> DeleteAction:
        """Say `table.delete`."""
        return DeleteAction(self._seam, key, Guard(condition, must_exist, expected_version=expected_version))

    def check(
        self,
        key: Mapping[str, Any] | V,
        *,
        condition: Condition | None = None,
        expected_version: int | None = None,
        must_exist: bool = False,
    ) -> CheckAction:
        """Demand of an item what a delete would demand, and leave the item alone; in a transaction only."""
        return CheckAction(self._seam, key, Guard(condition, must_exist, expected_version=expected_version))

    @overload
    def get(self, key: Mapping[str, Any] | V, *, consistent: bool = False) -> GetAction[V]: ...

    @overload
    def get(
        self, key: Mapping[str, Any] | V, *, select: Sequence[PathLike], consistent: bool = False
    ) -> GetAction[dict[str, Any]]: ...

    @overload
    def get(self, key: Mapping[str, Any] | V, *, view: str, consistent: bool = False) -> GetAction[dict[str, Any]]: ...

    def get(
        self,
        key: Mapping[str, Any] | V,
        *,
        select: Sequence[PathLike] | None = None,
        view: str | None = None,
        consistent: bool = False,
    ) -> GetAction[Any]:
        """Say `table.get`, or `table.select` of parts; a transaction always reads consistently."""
        return GetAction(self._seam, key, select, view, consistent)


def streamed(given: Any) -> Iterable[Any]:  # noqa: ANN401 - the caller's argument
    """Give an iterable of values; a map or text, which is one as well, is a mistake."""
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise ValidationFailedError(f"expected several, found one {type(given).__name__}")
    return given
