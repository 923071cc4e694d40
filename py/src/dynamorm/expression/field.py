"""The user's pen: `field("age") > 18`."""

from __future__ import annotations

from typing import Any

from .node import And, Attr, Between, Compare, Condition, Function, In, Operand, Or, PathLike, Size, Value, parse_path


def _operand(value: Any) -> Operand:  # noqa: ANN401 - a value of any attribute
    if isinstance(value, FieldPath):
        return Attr(value.path)
    if isinstance(value, FieldSize):
        return Size(value.path)
    return value if isinstance(value, (Attr, Size, Value)) else Value(value)


class _Comparable:
    # Comparisons make conditions where object promises a bool; that is the point, and what is ignored below.
    _left: Attr | Size

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Compare("=", self._left, _operand(other))

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return Compare("<>", self._left, _operand(other))

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __lt__(self, other: Any) -> Condition:  # noqa: ANN401 - a value of any attribute
        return Compare("<", self._left, _operand(other))

    def __le__(self, other: Any) -> Condition:  # noqa: ANN401 - a value of any attribute
        return Compare("<=", self._left, _operand(other))

    def __gt__(self, other: Any) -> Condition:  # noqa: ANN401 - a value of any attribute
        return Compare(">", self._left, _operand(other))

    def __ge__(self, other: Any) -> Condition:  # noqa: ANN401 - a value of any attribute
        return Compare(">=", self._left, _operand(other))

    def between(self, lower: Any, upper: Any) -> Condition:  # noqa: ANN401 - values of any attribute
        """Lie between two operands, both included."""
        return Between(self._left, _operand(lower), _operand(upper))

    def is_in(self, values: Any) -> Condition:  # noqa: ANN401 - an iterable of values
        """Equal one of 1 to 100 operands."""
        return In(self._left, tuple(_operand(value) for value in values))


class FieldSize(_Comparable):
    """The size of an attribute; `field("name").size() > 3`."""

    def __init__(self, path: tuple[str | int, ...]) -> None:
        """Take the path."""
        self.path, self._left = path, Size(path)


class FieldPath(_Comparable):
    """An attribute by its document path."""

    def __init__(self, path: PathLike) -> None:
        """Take a path as text, or as segments where a name holds a dot or a bracket."""
        self.path = parse_path(path)
        self._left = Attr(self.path)

    def begins_with(self, prefix: Any) -> Condition:  # noqa: ANN401 - text or bytes
        """Begin with a prefix (S, B)."""
        return Function("begins_with", self.path, _operand(prefix))

    def contains(self, member: Any) -> Condition:  # noqa: ANN401 - a value of any attribute
        """Contain a substring (S) or a member (L, sets)."""
        return Function("contains", self.path, _operand(member))

    def exists(self) -> Condition:
        """Be there."""
        return Function("attribute_exists", self.path)

    def not_exists(self) -> Condition:
        """Be absent."""
        return Function("attribute_not_exists", self.path)

    def is_type(self, tag: str) -> Condition:
        """Be of one of DynamoDB's ten types."""
        return Function("attribute_type", self.path, Value(tag))

    def size(self) -> FieldSize:
        """Give the size as an operand."""
        return FieldSize(self.path)


def field(path: PathLike) -> FieldPath:
    """Name an attribute in a condition: `field("address.city") == "Bonn"`; a list of segments where a name holds a dot.

    Raises ValidationFailedError where the path is malformed.
    """
    return FieldPath(path)


def all_of(*conditions: Condition) -> Condition:
    """Join conditions by AND."""
    return And(conditions)


def any_of(*conditions: Condition) -> Condition:
    """Join conditions by OR."""
    return Or(conditions)
