"""What the errors of many items carry: the keys of a batch that is not done, the reasons of a cancelled transaction.

They hold the caller's values, so none of it stands in a message or representation, and none of it is copied.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

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
