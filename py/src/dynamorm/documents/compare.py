"""Two documents compared: every change of meaning by its rule. Documents are compared as canonical JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..schema import canonical_dms
from .compare_attributes import attributes_of, spelled
from .rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

Entry = dict[str, Any]
_KEYS = ("partition", "sort")


@dataclass(frozen=True)
class Change:
    """One change: its rule, where it is, and what stood and stands there."""

    rule: str
    breaking: bool
    path: str
    old: Any
    new: Any
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Give it for JSON."""
        return asdict(self)


def diff_dms(old: str, new: str) -> list[Change]:
    """Compare two documents' texts; breaking changes come first.

    >>> note = ("{dms_version: '1.0', models: [{name: Note, table: {name: TABLE}, "
    ...     "keys: {partition: {attribute: id, type: S}}, attributes: [{attribute: id, type: S, required: true}]}]}")
    >>> [(one.rule, one.path, one.new) for one in diff_dms(note.replace("TABLE", "old"), note.replace("TABLE", "new"))]
    [('table-changed', 'Note.table', 'new')]

    Raises InvalidModelError for a text that is no document.
    """
    found = _documents(json.loads(canonical_dms(old)), json.loads(canonical_dms(new)))
    changes = [
        Change(rule, RULES[rule].breaking, path, before, after, RULES[rule].why) for rule, path, before, after in found
    ]
    return sorted(changes, key=lambda change: not change.breaking)


Found = tuple[str, str, Any, Any]


def _documents(old: Entry, new: Entry) -> Iterator[Found]:
    if old.get("namespace") != new.get("namespace"):
        shared = {model["name"] for model in new["models"]}
        bound = any(_sealed(model) for model in old["models"] if model["name"] in shared)
        rule = "namespace-changed" if bound else "namespace-changed-unbound"
        yield rule, "namespace", old.get("namespace"), new.get("namespace")
    yield from _tags(old, new, "")
    before, after = _by(old["models"], "name"), _by(new["models"], "name")
    for name in sorted({*before, *after}):
        if name not in after:
            yield "model-removed", name, name, None
        elif name not in before:
            yield "model-added", name, None, name
        else:
            yield from _models(before[name], after[name], name)


def _by(entries: list[Entry], name: str) -> dict[str, Entry]:
    return {entry[name]: entry for entry in entries}


def _sealed(model: Entry) -> bool:
    return any("encryption" in attribute for attribute in model["attributes"])


def _tags(old: Entry, new: Entry, path: str) -> Iterator[Found]:
    if old.get("tags") != new.get("tags"):
        yield "tags-changed", f"{path}.tags".removeprefix("."), old.get("tags"), new.get("tags")


def _models(old: Entry, new: Entry, path: str) -> Iterator[Found]:
    if old["table"] != new["table"]:
        yield "table-changed", f"{path}.table", old["table"]["name"], new["table"]["name"]
    if old.get("naming") != new.get("naming"):
        yield "naming-changed", f"{path}.naming", old.get("naming"), new.get("naming")
    yield from _tags(old, new, path)
    yield from _keys(old["keys"], new["keys"], f"{path}.keys")
    yield from _discriminators(old.get("discriminator"), new.get("discriminator"), f"{path}.discriminator")
    yield from attributes_of(old, new, path)
    yield from _indexes(_by(old["indexes"], "name"), _by(new["indexes"], "name"), f"{path}.indexes")
    yield from _views(_by(old["views"], "name"), _by(new["views"], "name"), f"{path}.views")


def _keys(old: Entry, new: Entry, path: str) -> Iterator[Found]:
    for name in _KEYS:
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            if before != after:
                yield ("sort-key-added" if before is None else "sort-key-removed"), f"{path}.{name}", before, after
            continue
        for member, rule in (("attribute", "key-attribute-changed"), ("type", "key-type-changed")):
            if before[member] != after[member]:
                yield rule, f"{path}.{name}.{member}", before[member], after[member]


def _discriminators(old: Entry | None, new: Entry | None, path: str) -> Iterator[Found]:
    if old != new:
        what = "added" if old is None else "removed" if new is None else "changed"
        yield f"discriminator-{what}", path, old, new


def _indexes(old: dict[str, Entry], new: dict[str, Entry], path: str) -> Iterator[Found]:
    for name in sorted({*old, *new}):
        place = f"{path}.{spelled(name)}"
        if name not in new:
            yield "index-removed", place, old[name], None
        elif name not in old:
            yield ("local-index-added" if new[name]["type"] == "LSI" else "index-added"), place, None, new[name]
        else:
            yield from _index(old[name], new[name], place)


def _index(old: Entry, new: Entry, path: str) -> Iterator[Found]:
    yield from _tags(old, new, path)
    if old["type"] != new["type"]:
        yield "index-type-changed", f"{path}.type", old["type"], new["type"]
    for name in _KEYS:
        if old.get(name) != new.get(name):
            yield "index-keys-changed", f"{path}.{name}", old.get(name), new.get(name)
    before, after = old["projection"], new["projection"]
    if before != after:
        rule = "index-projection-widened" if _within(before, after) else "index-projection-narrowed"
        yield rule, f"{path}.projection", before, after


_EXTENT = {"KEYS_ONLY": 0, "INCLUDE": 1, "ALL": 2}


def _within(inner: Entry, outer: Entry) -> bool:
    """Say whether a projection holds all of another one."""
    if inner["type"] != outer["type"]:
        return _EXTENT[inner["type"]] < _EXTENT[outer["type"]]
    return set(inner["fields"]) <= set(outer["fields"])


def _views(old: dict[str, Entry], new: dict[str, Entry], path: str) -> Iterator[Found]:
    for name in sorted({*old, *new}):
        before, after = old.get(name, {}).get("fields", []), new.get(name, {}).get("fields", [])
        place = f"{path}.{name}"
        if name not in new:
            yield "view-removed", place, before, None
        elif name not in old:
            yield "view-added", place, None, after
        elif before != after:
            yield from _view(before, after, place)


def _view(old: list[str], new: list[str], path: str) -> Iterator[Found]:
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    for name in gone:
        yield "view-narrowed", path, name, None
    for name in come:
        yield "view-widened", path, None, name
    if not gone and not come:
        yield "view-reordered", path, old, new
