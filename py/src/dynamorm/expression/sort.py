"""The pen for the sort key of a query: `sort_key >= 5`, `sort_key.between(1, 9)`, `sort_key.begins_with("2026-")`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class SortCondition:
    """An operator on the sort key of what is queried, and its operands; they are never shown."""

    operator: str
    operands: tuple[Any, ...]

    def __repr__(self) -> str:
        """Show the operator alone."""
        return f"sort_key {self.operator} <value>"


class _SortKey:
    # As with `field`: comparisons make conditions where object promises a bool.
    def __eq__(self, other: object) -> SortCondition:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return SortCondition("=", (other,))

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __lt__(self, other: Any) -> SortCondition:  # noqa: ANN401 - a value of the sort key
        return SortCondition("<", (other,))

    def __le__(self, other: Any) -> SortCondition:  # noqa: ANN401 - a value of the sort key
        return SortCondition("<=", (other,))

    def __gt__(self, other: Any) -> SortCondition:  # noqa: ANN401 - a value of the sort key
        return SortCondition(">", (other,))

    def __ge__(self, other: Any) -> SortCondition:  # noqa: ANN401 - a value of the sort key
        return SortCondition(">=", (other,))

    def between(self, lower: Any, upper: Any) -> SortCondition:  # noqa: ANN401 - values of the sort key
        """Lie between two values, both included."""
        return SortCondition("BETWEEN", (lower, upper))

    def begins_with(self, prefix: Any) -> SortCondition:  # noqa: ANN401 - text or bytes
        """Begin with a prefix (S, B): plain text or bytes."""
        return SortCondition("begins_with", (prefix,))


sort_key = _SortKey()
"""The sort key of the table or index that is queried."""
