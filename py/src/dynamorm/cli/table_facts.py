"""Tables and their differences, as JSON (the shapes of contract-tests/runners/README.md) and for people."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from .output import say, say_rows, styled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..errors.parts import TableDifference
    from ..operation import TableDescription, TableIndex, TableKey, TableProjection

Facts = dict[str, Any]
_PLAIN = ("name", "status", "arn", "billing", "stream", "table_class", "deletion_protection", "ttl")
_NUMBERS = ("item_count", "size_bytes")
_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_KILO = 1000


def there(members: Mapping[str, Any]) -> Facts:
    """Leave out what is not said."""
    return {name: value for name, value in members.items() if value is not None}


def key_facts(key: TableKey) -> Facts:
    """Tell a key."""
    return there({"attribute": key.attribute, "type": key.type, "kind": key.kind})


def _projection_facts(projection: TableProjection) -> Facts:
    fields = None if projection.fields is None else [*projection.fields]
    return there({"type": projection.type, "fields": fields})


def _shape_facts(index: TableIndex) -> Facts:
    keys = [key_facts(key) for key in index.keys]
    return {"type": index.type, "keys": keys, "projection": _projection_facts(index.projection)}


def _index_facts(index: TableIndex) -> Facts:
    state = {"status": index.status, "backfilling": index.backfilling}
    return there({"name": index.name, **_shape_facts(index), **state})


def table_facts(table: TableDescription) -> Facts:
    """Tell a table."""
    out: Facts = {name: getattr(table, name) for name in (*_PLAIN, *_NUMBERS)}
    out |= {"keys": [*map(key_facts, table.keys)], "indexes": [*map(_index_facts, table.indexes)]}
    if table.throughput is not None:
        out["throughput"] = {"read": table.throughput.read, "write": table.throughput.write}
    if table.sse is not None:
        out["sse"] = there({"status": table.sse.status, "type": table.sse.type, "key": table.sse.key})
    return there(out | {"created_at": _created(table), "raw": table.raw})


def _created(table: TableDescription) -> str | None:
    if table.created_at is None:
        return None
    return table.created_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def difference_facts(one: TableDifference) -> Facts:
    """Tell a difference."""
    sides = {"expected": _side(one.what, one.expected), "found": _side(one.what, one.found)}
    return there({"what": one.what, "index": one.index, "kind": one.kind, **sides})


def _side(what: str, side: Any) -> Any:  # noqa: ANN401 - of any kind
    if side is None:
        return None
    if what in {"keys", "index_keys"}:
        return [key_facts(key) for key in side]
    if what == "sse":
        return there({"key": side.key})
    shapes: dict[str, Callable[[Any], Facts]] = {"index": _shape_facts, "index_projection": _projection_facts}
    return shapes[what](side) if what in shapes else side


def show_table(table: TableDescription) -> None:
    """Show a table to people."""
    say(styled(table.name, "bold"))
    facts = table_facts(table)
    rows = {
        "status": facts.get("status"),
        "keys": _keys(table.keys),
        "items": None if table.item_count is None else f"{table.item_count:,} ({amount(table.size_bytes or 0)})",
        "billing": table.billing + _units(facts.get("throughput")),
        "stream": facts.get("stream"),
        "ttl": facts.get("ttl"),
        "class": table.table_class,
        "encryption": None if table.sse is None else " ".join(facts["sse"].values()),
        "protected": "yes" if table.deletion_protection else None,
        "created": facts.get("created_at"),
        "arn": facts.get("arn"),
    }
    say_rows((), [*there(rows).items()], indent="  ")
    if table.indexes:
        head = ("INDEX", "TYPE", "KEYS", "PROJECTION", "STATUS")
        say_rows(head, [_index_row(index) for index in table.indexes], indent="  ")


def _keys(keys: Sequence[TableKey]) -> str:
    return ", ".join(f"{key.attribute} ({key.type or '?'})" for key in keys)


def _units(throughput: Facts | None) -> str:
    return "" if throughput is None else f" ({throughput['read']} read, {throughput['write']} write)"


def _index_row(index: TableIndex) -> tuple[str, ...]:
    status = f"{index.status or ''}{', backfilling' if index.backfilling else ''}"
    return index.name, index.type, _keys(index.keys), _projection(index.projection), status


def _projection(projection: TableProjection) -> str:
    fields = "" if projection.fields is None else f" {', '.join(projection.fields)}"
    return f"{projection.type or '?'}{fields}"


def amount(size_bytes: float) -> str:
    """Give a size in the unit it is said in.

    >>> amount(1500)
    '1.5 KB'
    """
    for unit in _UNITS[:-1]:
        if size_bytes < _KILO:
            return f"{size_bytes:.3g} {unit}"
        size_bytes /= _KILO
    return f"{size_bytes:,.1f} {_UNITS[-1]}"


def show_differences(found: Sequence[tuple[str, Facts]]) -> None:
    """Show differences to people, each with its table."""
    head = ("TABLE", "WHAT", "INDEX", "KIND", "EXPECTED", "FOUND")
    say_rows(head, [(name, *_difference_row(one)) for name, one in found])


def _difference_row(one: Facts) -> tuple[str, ...]:
    sides = ("-" if name not in one else _short(one[name]) for name in ("expected", "found"))
    return (one["what"], one.get("index", ""), one["kind"], *sides)


def _short(side: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(side, str):
        return side
    if isinstance(side, list):
        return ", ".join(f"{key['attribute']} ({key.get('type', '?')})" for key in side)
    if isinstance(side, dict) and "keys" in side:
        return f"{side['type']} {_short(side['keys'])}: {_short(side['projection'])}"
    if isinstance(side, dict) and "type" in side:
        return " ".join([side["type"], ", ".join(side.get("fields", ()))]).strip()
    return json.dumps(side)
