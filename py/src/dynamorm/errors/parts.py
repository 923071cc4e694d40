"""What some errors carry: the keys of a batch that is not done, the reasons of a cancelled transaction, what differs.

Keys and reasons hold the caller's values, so none of it stands in a message or representation, and none is copied.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from .base import DynamORMError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class ItemKey:
    """The key of an item, by attribute name, and the name of its model."""

    model: str
    key: dict[str, Any] = field(repr=False)


class Incomplete(DynamORMError):  # noqa: N818 - a base; its class in the catalogue has the suffix
    """A batch of which something is not done.

    `done`, `undone` (surely not done, or never sent) and `unknown` (writes whose answer was lost) list keys in the
    order of the requests; `items` is what a batch get found until then.
    """

    done: Sequence[ItemKey] = ()
    undone: Sequence[ItemKey] = ()
    unknown: Sequence[ItemKey] = ()
    _read: Callable[[], list[Any]] | None = None

    def with_keys(
        self,
        done: Sequence[ItemKey],
        undone: Sequence[ItemKey],
        unknown: Sequence[ItemKey],
        read: Callable[[], list[Any]] | None = None,
    ) -> Self:
        """Attach the keys, and what reads the items when they are asked for."""
        self.done, self.undone, self.unknown, self._read = done, undone, unknown, read
        return self

    @property
    def items(self) -> list[Any]:
        """Give the items that a batch get found, in the order of its keys, decoded by their models.

        Raises DecodeFailedError where one of them does not fit its model.
        """
        return [] if self._read is None else self._read()

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle without keys and items: they are values."""
        kind, args, state = super().__reduce__()
        return kind, args, {name: value for name, value in state.items() if name not in _KEYS}


_KEYS = {"done", "undone", "unknown", "_read"}


class Reasoned(DynamORMError):  # noqa: N818 - see above
    """A cancelled transaction: `reasons` has an error for each action that failed, and None for the others."""

    reasons: Sequence[DynamORMError | None] = ()

    def with_reasons(self, reasons: Sequence[DynamORMError | None]) -> Self:
        """Attach the reasons, in the order of the actions."""
        self.reasons = reasons
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle with copies of the reasons, which are without their items."""
        kind, args, state = super().__reduce__()
        return kind, args, state | {"reasons": [copy(reason) for reason in self.reasons]}


@dataclass(frozen=True)
class TableDifference:
    """How a table differs from its models and settings.

    `what` is keys, billing, stream, table_class, deletion_protection, sse or ttl, or of the index that is named index,
    index_type, index_keys or index_projection; `kind` says whether it is missing, there besides, or another.
    `expected` and `found` are what a `TableDescription` has in that place: tuples of `TableKey`, a `TableIndex`, a
    `TableProjection`, an `Sse`, a text or a boolean; None where there is nothing.
    """

    what: str
    kind: Literal["missing", "extra", "different"]
    expected: Any = None
    found: Any = None
    index: str | None = None


class Mismatched(DynamORMError):  # noqa: N818 - see above
    """A table that does not fit its models; `differences` says in what."""

    differences: Sequence[TableDifference] = ()

    def with_differences(self, differences: Sequence[TableDifference]) -> Self:
        """Attach what differs."""
        self.differences = tuple(differences)
        return self
