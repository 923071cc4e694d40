"""Trees to text: conditions and projections, with names and values numbered as they appear."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..codec import write_any
from ..errors import InvalidOperatorError, ValidationFailedError
from ..limits import EXPRESSION_MAX_BYTES, IN_OPERANDS_MAX
from .node import And, Attr, Between, Compare, Condition, Function, In, Not, Or, Size, Value, parse_path, path_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..codec import AttributeValue
    from .node import Left, Operand, Path, PathLike
    from .placeholder import Placeholders
    from .scope import Scope

ORDERED = ("S", "N", "B")
SETS = ("SS", "NS", "BS")
WIRE_TYPES = ("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS")
# What each operator works on; a path that the model does not type takes every operator.
TYPES_OF = {
    "begins_with": ("S", "B"),
    "contains": ("S", "L", "SS", "NS", "BS"),
    "size": ("S", "B", "L", "M", "SS", "NS", "BS"),
}


class Compiler:
    """Compiles the conditions and projections of one request against one model."""

    def __init__(self, scope: Scope, placeholders: Placeholders) -> None:
        """Take the model's view of paths and the request's placeholders."""
        self.scope, self.placeholders = scope, placeholders

    def condition(self, condition: Condition) -> str:
        """Compile a condition."""
        try:
            return checked(self._text(condition, None))
        except RecursionError:
            raise ValidationFailedError("a condition nested too deep") from None

    def _text(self, node: Condition, parent: type[Condition] | None) -> str:
        if isinstance(node, (And, Or)):
            return self._group(node, parent)
        if isinstance(node, Not):
            return f"NOT {self._text(node.child, Not)}"
        if isinstance(node, Function):
            return self._function(node)
        return self._comparison(node)

    def _group(self, node: And | Or, parent: type[Condition] | None) -> str:
        children = flat(node)
        if len(children) == 1:
            return self._text(children[0], parent)
        word = " AND " if isinstance(node, And) else " OR "
        text = word.join(self._text(child, type(node)) for child in children)
        return text if parent is None else f"({text})"

    def _comparison(self, node: Condition) -> str:
        if isinstance(node, Compare):
            left = self._left(node.left, ordered=node.operator not in {"=", "<>"})
            return f"{left} {node.operator} {self._operand(node.left, node.right)}"
        if isinstance(node, Between):
            left = self._left(node.left, ordered=True)
            lower, upper = self._marshalled(node.left, node.lower), self._marshalled(node.left, node.upper)
            if isinstance(lower, dict) and isinstance(upper, dict) and is_above(lower, upper):
                raise InvalidOperatorError(
                    "the lower end of a range is above the upper", path=path_text(node.left.path)
                )
            return f"{left} BETWEEN {self._place(lower)} AND {self._place(upper)}"
        if isinstance(node, In):
            if not 1 <= len(node.operands) <= IN_OPERANDS_MAX:
                raise InvalidOperatorError(
                    f"IN takes 1 to {IN_OPERANDS_MAX} operands, not {len(node.operands)}",
                    path=path_text(node.left.path),
                )
            left = self._left(node.left, ordered=False)
            return f"{left} IN ({', '.join(self._operand(node.left, operand) for operand in node.operands)})"
        raise InvalidOperatorError(f"{type(node).__name__} is no condition")

    def _left(self, left: Left, *, ordered: bool) -> str:
        if isinstance(left, Size):
            return self._size(left)
        kind = self.scope.type_of(self.scope.open(left.path))
        if ordered and kind is not None and kind not in ORDERED:
            raise InvalidOperatorError(f"{kind} has no order", path=path_text(left.path))
        return self.placeholders.path(left.path)

    def _size(self, size: Size) -> str:
        self._fits("size", self.scope.open(size.path))
        return f"size({self.placeholders.path(size.path)})"

    def _fits(self, name: str, path: Path) -> None:
        kind = self.scope.type_of(path)
        if kind is not None and kind not in TYPES_OF[name]:
            raise InvalidOperatorError(f"{name} does not fit {kind}", path=path_text(path))

    def _operand(self, left: Left, operand: Operand) -> str:
        return self._place(self._marshalled(left, operand))

    def _marshalled(self, left: Left, operand: Operand) -> AttributeValue | Attr | Size:
        """Marshal a value by its left side, before it gets a place."""
        if not isinstance(operand, Value):
            return operand
        if isinstance(left, Size):
            return _number(operand.value, left.path)
        written = self.scope.marshal(left.path, operand.value)
        if next(iter(written)) in SETS and not next(iter(written.values())):
            raise ValidationFailedError("an empty set is never stored", path=path_text(left.path))
        return written

    def _place(self, operand: AttributeValue | Attr | Size) -> str:
        if isinstance(operand, Attr):
            return self.placeholders.path(self.scope.open(operand.path))
        return self._size(operand) if isinstance(operand, Size) else self.placeholders.value(operand)

    def _function(self, node: Function) -> str:
        if node.operand is None:
            return f"{node.name}({self.placeholders.path(node.path)})"
        self.scope.open(node.path)
        if node.name in TYPES_OF:
            self._fits(node.name, node.path)
        name = self.placeholders.path(node.path)
        return f"{node.name}({name}, {self._argument(node, node.operand)})"

    def _argument(self, node: Function, operand: Operand) -> str:
        if not isinstance(operand, Value):
            return self._place(operand)
        if node.name == "attribute_type":
            if operand.value not in WIRE_TYPES:
                raise InvalidOperatorError("no type of DynamoDB", path=path_text(node.path))
            return self.placeholders.value({"S": operand.value})
        return self.placeholders.value(self.scope.marshal_part(node.path, operand.value))

    def projection(self, paths: Sequence[PathLike], fetched: Sequence[str] = ()) -> str:
        """Compile a projection: paths that lie inside another, or repeat one, are left out.

        What is fetched besides stands behind the caller's paths where they do not name it.
        """
        parsed = [parse_path(path) for path in paths]
        if not parsed:
            raise ValidationFailedError("an empty selection")
        for path in parsed:
            self.scope.readable(path)
            if not self.scope.knows(path):
                raise ValidationFailedError("the model does not know this path", path=path_text(path))
        kept = [path for index, path in enumerate(parsed) if not _covered(path, index, parsed)]
        return self.names([*kept, *((name,) for name in fetched if (name,) not in kept)])

    def names(self, paths: Sequence[Path]) -> str:
        """Write paths of a projection; the discriminator comes last where none of them is it."""
        mark = self.scope.codec.model.discriminator
        own: list[Path] = [] if mark is None or (mark.attribute,) in paths else [(mark.attribute,)]
        return checked(", ".join(self.placeholders.path(path) for path in [*paths, *own]))


def flat(node: And | Or) -> list[Condition]:
    """Flatten AND in AND and OR in OR, through groups of one; a group of nothing is refused."""
    if not node.children:
        raise InvalidOperatorError("an AND or OR of nothing")
    out: list[Condition] = []
    for child in node.children:
        inner = child
        while isinstance(inner, (And, Or)) and len(inner.children) == 1:
            inner = inner.children[0]
        out += flat(inner) if isinstance(inner, (And, Or)) and type(inner) is type(node) else [inner]
    return out


def _covered(path: Path, index: int, paths: list[Path]) -> bool:
    return any(
        (other == path and position < index) or (len(other) < len(path) and path[: len(other)] == other)
        for position, other in enumerate(paths)
        if position != index
    )


def _number(value: Any, path: Path) -> AttributeValue:  # noqa: ANN401 - the caller's value
    written = write_any(value, path_text(path), 1)
    if "N" not in written:
        raise ValidationFailedError("a size is compared with a number", path=path_text(path))
    return written


def is_above(lower: AttributeValue, upper: AttributeValue) -> bool:
    """Tell whether the lower end of a range is above the upper, as DynamoDB orders values of one type."""
    (low_tag, low), (high_tag, high) = next(iter(lower.items())), next(iter(upper.items()))
    if low_tag != high_tag or low_tag not in ORDERED:
        return False
    if low_tag == "N":
        return Decimal(low) > Decimal(high)
    if low_tag == "B":
        return base64.b64decode(low) > base64.b64decode(high)
    return bool(low.encode() > high.encode())


def checked(text: str) -> str:
    """Refuse an expression that is longer than DynamoDB reads."""
    if len(text.encode()) > EXPRESSION_MAX_BYTES:
        raise ValidationFailedError(f"an expression of more than {EXPRESSION_MAX_BYTES} bytes")
    return text
