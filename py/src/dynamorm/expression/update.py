"""Updates: the caller's changes and the library's own, to `SET`, `REMOVE`, `ADD` and `DELETE`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..codec import Plain, canonical, check_key, is_empty, not_configured, path_name, write_any
from ..codec.item import SETS
from ..errors import InvalidOperatorError, ValidationFailedError
from .compile import checked
from .field import FieldPath, FieldSize
from .node import Attr, Path, Value, parse_path, path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..codec import AttributeValue
    from .node import PathLike
    from .placeholder import Placeholders
    from .scope import Scope

PAIR = 2
UNIX = ("unix_seconds", "unix_millis")
# The order of kinds inside a clause, the same in every language; and the types each fits.
KINDS: dict[str, tuple[str, ...] | None] = {
    "set": None,
    "set_if_absent": None,
    "add": ("N",),
    "subtract": ("N",),
    "append": ("L",),
    "prepend": ("L",),
    "copy": None,
    "remove": None,
    "add_to_set": SETS,
    "delete_from_set": SETS,
}


@dataclass
class Changes:
    """What an update asks for: kind by kind, in the caller's order."""

    actions: dict[str, list[tuple[Path, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Changes:
        """Read the keyword arguments of `Table.update`: maps or lists of pairs, and a list of paths for remove."""
        if unknown := sorted(set(members) - set(KINDS)):
            raise ValidationFailedError(f"no kind of change: {', '.join(unknown)}")
        out: dict[str, list[tuple[Path, Any]]] = {}
        for kind in KINDS:
            given = members.get(kind)
            if not given:
                continue
            if kind == "remove":
                out[kind] = [
                    (parse_path(path), None) for path in _listed(kind, [given] if isinstance(given, str) else given)
                ]
            elif kind == "copy":
                out[kind] = [(parse_path(path), parse_path(source)) for path, source in _pairs(kind, given)]
            else:
                out[kind] = [(parse_path(path), value) for path, value in _pairs(kind, given)]
        return cls(out)

    def paths(self) -> list[Path]:
        """Give every path that is changed."""
        return [path for pairs in self.actions.values() for path, _ in pairs]


def _listed(kind: str, given: Any) -> list[Any]:  # noqa: ANN401 - the caller's argument
    try:
        return list(given)
    except TypeError:
        raise ValidationFailedError(f"{kind} takes a list, not {type(given).__name__}") from None


def _pairs(kind: str, given: Any) -> Iterable[tuple[PathLike, Any]]:  # noqa: ANN401 - the caller's argument
    pairs: list[Any] = list(given.items() if isinstance(given, Mapping) else _listed(kind, given))
    if not all(isinstance(pair, tuple) and len(pair) == PAIR for pair in pairs):
        raise ValidationFailedError(f"{kind} takes a map, or pairs of a path and a value")
    return pairs


@dataclass(frozen=True)
class Owned:
    """What the library itself adds: SET actions with their values, removals, and the version's name."""

    own: tuple[tuple[str, AttributeValue], ...] = ()
    """Parts of the key, composed index keys and discriminator."""
    removes: tuple[str, ...] = ()
    if_absent: tuple[tuple[str, AttributeValue], ...] = ()
    sets: tuple[tuple[str, AttributeValue], ...] = ()
    version: str | None = None


class UpdateCompiler:
    """Compiles one update against one model."""

    def __init__(self, scope: Scope, protected: frozenset[str]) -> None:
        """Take the model's view of paths, and the attributes that an update never touches."""
        self.scope, self.protected = scope, protected

    def plan(self, changes: Changes) -> UpdatePlan:
        """Check and marshal the caller's changes; placeholders come later, after the condition's."""
        paths = changes.paths()
        if not paths:
            raise ValidationFailedError("an update of nothing")
        out = UpdatePlan()
        for kind, pairs in changes.actions.items():
            for path, value in pairs:
                self._check(kind, path, value)
                self._action(out, kind, path, value)
        _refuse_overlaps(paths)
        return out

    def _check(self, kind: str, path: Path, value: Any) -> None:  # noqa: ANN401 - the caller's value
        text, plan = path_text(path), self.scope.plan(path)
        if path[0] in self.protected:
            raise ValidationFailedError("a key or lifecycle attribute is not updated", path=text)
        if kind not in {"set", "remove"} or len(path) > 1 or isinstance(_as_operand(value), (Attr, FieldSize)):
            self.scope.open(path)
        if kind != "remove" and not self.scope.knows(path):
            raise ValidationFailedError("the model does not know this path", path=text)
        fits = KINDS[kind]
        if fits is not None and plan is not None and plan.field.type not in fits:
            raise InvalidOperatorError(f"{kind} does not fit {plan.field.type}", path=text)

    def _action(self, out: UpdatePlan, kind: str, path: Path, value: Any) -> None:  # noqa: ANN401 - the caller's value
        if kind == "copy":
            out.sets.append(_copy(path, self.scope.open(value)))
        elif kind == "remove" or (kind == "set" and value is None):
            self._remove(out, path)
        elif isinstance(operand := _as_operand(value), (Attr, FieldSize)):
            if kind != "set" or isinstance(operand, FieldSize):
                raise InvalidOperatorError(f"{kind} takes a value", path=path_text(path))
            out.sets.append(_copy(path, self.scope.open(operand.path)))
        else:
            self._value_action(out, kind, path, value)

    def _remove(self, out: UpdatePlan, path: Path) -> None:
        plan = self.scope.plan(path)
        if plan is not None and plan.field.required and not isinstance(path[-1], int):
            raise ValidationFailedError("a required attribute is not removed", path=path_text(path))
        out.removes.append(path)
        if len(path) == 1:
            out.removed.add(str(path[0]))

    def _value_action(self, out: UpdatePlan, kind: str, path: Path, value: Any) -> None:  # noqa: ANN401 - the caller's value
        text, plan = path_text(path), self.scope.plan(path)
        if value is None:
            raise ValidationFailedError(f"{kind} takes no null", path=text)
        if kind == "set" and plan is None and isinstance(value, (set, frozenset)) and not value:
            self._remove(out, path)
            return
        if kind in {"add", "subtract"} and plan is not None and plan.field.format in UNIX:
            written = write_any(_span(value, text), text, len(path))
        else:
            written = self.scope.marshal(path, value)
        ((tag, body),) = written.items()
        fits = KINDS[kind]
        if fits is not None and tag not in fits:
            raise ValidationFailedError(f"{kind} takes {' or '.join(fits)}, not {tag}", path=text)
        empty = (tag in SETS and not body) or (
            plan is not None and plan.field.omit_empty and is_empty(plan.field, written)
        )
        if kind in {"set", "set_if_absent"} and empty:
            if kind == "set":
                self._remove(out, path)
                return
            raise ValidationFailedError("an empty value is not stored", path=text)
        if tag in SETS and not body:
            raise ValidationFailedError("an empty set", path=text)
        if len(path) == 1:
            self._check_index_key(path, written)
        if plan is not None and plan.field.encryption is not None:
            self._hide(out, path, written)
        else:
            self._place(out, kind, path, written)

    def _hide(self, out: UpdatePlan, path: Path, written: AttributeValue) -> None:
        if not self.scope.codec.has_key:
            raise not_configured(path_text(path))
        out.hide(path, written)

    def _check_index_key(self, path: Path, written: AttributeValue) -> None:
        limit = self.scope.codec.index_keys.get(str(path[0]))
        if limit is not None:
            check_key(written, path_name(str(path[0])), limit)

    def _place(self, out: UpdatePlan, kind: str, path: Path, written: AttributeValue) -> None:
        if kind == "subtract":
            written = {"N": canonical(Decimal(written["N"]).copy_negate())}
        if (kind in {"add", "subtract"} and len(path) == 1) or kind == "add_to_set":
            out.adds.append((path, written))
        elif kind == "delete_from_set":
            out.deletes.append((path, written))
        else:
            out.sets.append(_SET_TEXT[kind](path, written))
            if kind == "set" and len(path) == 1:
                out.assigned[str(path[0])] = written


def _span(value: Any, path: str) -> int | Decimal:  # noqa: ANN401 - the caller's value
    """Give what is added to a time: a number of units, which may be negative."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValidationFailedError("what is added to a time is a whole number", path=path)


def _as_operand(value: Any) -> Any:  # noqa: ANN401 - the caller's value
    return Attr(value.path) if isinstance(value, FieldPath) else value.value if isinstance(value, Value) else value


@dataclass
class UpdatePlan:
    """Checked and marshalled changes, waiting for placeholders."""

    sets: list[Callable[[Placeholders], str]] = field(default_factory=list)
    removes: list[Path] = field(default_factory=list)
    adds: list[tuple[Path, AttributeValue]] = field(default_factory=list)
    deletes: list[tuple[Path, AttributeValue]] = field(default_factory=list)
    assigned: dict[str, AttributeValue] = field(default_factory=dict)
    """The attributes that are set to a value as a whole."""
    removed: set[str] = field(default_factory=set)

    def hide(self, path: Path, written: AttributeValue) -> None:
        """Set a whole encrypted attribute, whose value is to be sealed before it is sent."""
        plain: Any = Plain(written)
        self.sets.append(_assign(path, plain))
        self.assigned[str(path[0])] = plain

    def text(self, placeholders: Placeholders, owned: Owned = Owned()) -> str:
        """Write the update: clauses in their order, the library's own actions last in each."""
        sets = [write(placeholders) for write in self.sets]
        sets += [_assign((name,), value)(placeholders) for name, value in owned.own]
        sets += [_if_absent((name,), value)(placeholders) for name, value in owned.if_absent]
        sets += [_assign((name,), value)(placeholders) for name, value in owned.sets]
        removes = [placeholders.path(path) for path in [*self.removes, *((name,) for name in owned.removes)]]
        added = self.adds if owned.version is None else [*self.adds, ((owned.version,), {"N": "1"})]
        adds = [f"{placeholders.path(path)} {placeholders.value(value)}" for path, value in added]
        deletes = [f"{placeholders.path(path)} {placeholders.value(value)}" for path, value in self.deletes]
        clauses = (("SET", sets), ("REMOVE", removes), ("ADD", adds), ("DELETE", deletes))
        return checked(" ".join(f"{word} {', '.join(actions)}" for word, actions in clauses if actions))


def _assign(path: Path, value: AttributeValue) -> Callable[[Placeholders], str]:
    return lambda at: f"{at.path(path)} = {at.value(value)}"


def _copy(path: Path, source: Path) -> Callable[[Placeholders], str]:
    return lambda at: f"{at.path(path)} = {at.path(source)}"


def _if_absent(path: Path, value: AttributeValue) -> Callable[[Placeholders], str]:
    return lambda at: f"{at.path(path)} = if_not_exists({at.path(path)}, {at.value(value)})"


def _add_nested(path: Path, value: AttributeValue) -> Callable[[Placeholders], str]:
    return lambda at: f"{at.path(path)} = if_not_exists({at.path(path)}, {at.value({'N': '0'})}) + {at.value(value)}"


def _append(path: Path, value: AttributeValue) -> Callable[[Placeholders], str]:
    return lambda at: (
        f"{at.path(path)} = list_append(if_not_exists({at.path(path)}, {at.value({'L': []})}), {at.value(value)})"
    )


def _prepend(path: Path, value: AttributeValue) -> Callable[[Placeholders], str]:
    return lambda at: (
        f"{at.path(path)} = list_append({at.value(value)}, if_not_exists({at.path(path)}, {at.value({'L': []})}))"
    )


_SET_TEXT: dict[str, Callable[[Path, AttributeValue], Callable[[Placeholders], str]]] = {
    "set": _assign,
    "set_if_absent": _if_absent,
    "add": _add_nested,
    "subtract": _add_nested,
    "append": _append,
    "prepend": _prepend,
}


def _refuse_overlaps(paths: list[Path]) -> None:
    for index, path in enumerate(paths):
        for other in paths[:index]:
            shorter = min(len(path), len(other))
            if path[:shorter] == other[:shorter]:
                raise ValidationFailedError("two changes of one place", path=path_text(path))
