"""Conditions and paths as frozen trees; they know DynamoDB's vocabulary and nothing of its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..codec import path_name
from ..errors import ValidationFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]


class HasPath(Protocol):
    """What `field` makes."""

    path: Path


PathLike = str | list[str | int] | tuple[str | int, ...] | HasPath
_PART = re.compile(r"([^\[\]]+)((?:\[[0-9]{1,18}\])*)")


def parse_path(path: PathLike) -> Path:
    """Split a document path: text at `.` and `[n]`; segments are taken as they are.

    >>> parse_path("lines[0].sku"), parse_path(["odd.name"])
    (('lines', 0, 'sku'), ('odd.name',))
    """
    if isinstance(path, str):
        segments = _split(path)
    elif isinstance(path, (list, tuple)):
        segments = tuple(path)
    else:
        segments = getattr(path, "path", ())
    if not segments or not isinstance(segments[0], str) or not all(map(_is_segment, segments)):
        raise ValidationFailedError("a path begins with a name and has no empty segment")
    return segments


def _split(text: str) -> Path:
    out: list[str | int] = []
    for part in text.split("."):
        found = _PART.fullmatch(part)
        if found is None:
            raise ValidationFailedError("a malformed path")
        out += [found[1], *(int(index) for index in re.findall(r"[0-9]+", found[2]))]
    return tuple(out)


def _is_segment(segment: object) -> bool:
    if isinstance(segment, str):
        return bool(segment) and not any("\ud800" <= character <= "\udfff" for character in segment)
    return isinstance(segment, int) and not isinstance(segment, bool) and segment >= 0


def path_text(path: Path) -> str:
    """Write a path for people: names joined by dots, indexes in brackets, odd names in backticks.

    >>> path_text(("lines", 0, "odd.name"))
    'lines[0].`odd.name`'
    """
    out = ""
    for segment in path:
        if isinstance(segment, int):
            out += f"[{segment}]"
        else:
            out += f".{path_name(segment)}" if out else path_name(segment)
    return out


@dataclass(frozen=True)
class Attr:
    """An attribute as an operand."""

    path: Path


@dataclass(frozen=True)
class Size:
    """The size of an attribute, on either side of a comparison."""

    path: Path

    def __repr__(self) -> str:
        """Show the path."""
        return f"size({path_text(self.path)})"


@dataclass(frozen=True, repr=False)
class Value:
    """A value as an operand; it is never shown."""

    value: Any

    def __repr__(self) -> str:
        """Hide the value."""
        return "<value>"


Operand = Attr | Size | Value
Left = Attr | Size


class Condition:
    """A condition; `&`, `|` and `~` combine them."""

    def __and__(self, other: Condition) -> Condition:
        """Join both by AND."""
        return And((self, other))

    def __or__(self, other: Condition) -> Condition:
        """Join both by OR."""
        return Or((self, other))

    def __invert__(self) -> Condition:
        """Hold where it does not."""
        return Not(self)

    def __bool__(self) -> bool:
        """Refuse: `and`, `or` and `not` would drop a side silently."""
        raise TypeError("a condition has no truth value: combine conditions with &, | and ~")


@dataclass(frozen=True)
class Compare(Condition):
    """A comparison with `= <> < <= > >=`."""

    operator: str
    left: Left
    right: Operand


@dataclass(frozen=True)
class Between(Condition):
    """A range, both ends included."""

    left: Left
    lower: Operand
    upper: Operand


@dataclass(frozen=True)
class In(Condition):
    """One of 1 to 100 operands."""

    left: Left
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Function(Condition):
    """A function of a path: begins_with, contains, attribute_exists, attribute_not_exists, attribute_type."""

    name: str
    path: Path
    operand: Operand | None = None


@dataclass(frozen=True)
class And(Condition):
    """All hold."""

    children: tuple[Condition, ...]


@dataclass(frozen=True)
class Or(Condition):
    """One holds."""

    children: tuple[Condition, ...]


@dataclass(frozen=True)
class Not(Condition):
    """The child does not hold."""

    child: Condition


def paths_of(condition: Condition) -> Iterator[Path]:
    """Give every path that a condition names, on either side."""
    if isinstance(condition, (And, Or)):
        for child in condition.children:
            yield from paths_of(child)
    elif isinstance(condition, Not):
        yield from paths_of(condition.child)
    elif isinstance(condition, Function):
        yield condition.path
        yield from _operand_paths(condition.operand)
    elif isinstance(condition, Compare):
        yield from _operand_paths(condition.left, condition.right)
    elif isinstance(condition, Between):
        yield from _operand_paths(condition.left, condition.lower, condition.upper)
    elif isinstance(condition, In):
        yield from _operand_paths(condition.left, *condition.operands)


def _operand_paths(*operands: Operand | None) -> Iterator[Path]:
    return (operand.path for operand in operands if isinstance(operand, (Attr, Size)))
