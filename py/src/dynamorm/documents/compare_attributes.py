"""The attributes of two documents' model compared, on every level."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .rules import WIDER

if TYPE_CHECKING:
    from collections.abc import Iterator

Entry = dict[str, Any]
Found = tuple[str, str, Any, Any]
_SETS = {"SS", "NS", "BS"}
_LIFECYCLE = ("created_at", "updated_at", "version", "ttl")


def spelled(name: str) -> str:
    """Write a name as a part of a path (spec/00-conventions.md)."""
    return f"`{name}`" if re.search(r"[.\[\]`]", name) else name


@dataclass(frozen=True)
class _Around:
    """What of a model matters to its top-level attributes."""

    model: str
    table_keys: frozenset[str]
    index_keys: frozenset[str]
    marks: frozenset[str]


def attributes_of(old: Entry, new: Entry, path: str) -> Iterator[Found]:
    """Compare the attributes of a model."""
    models = (old, new)
    around = _Around(
        model=new["name"],
        table_keys=frozenset(key["attribute"] for model in models for key in model["keys"].values()),
        index_keys=frozenset(
            index[part]["attribute"]
            for model in models
            for index in model["indexes"]
            for part in ("partition", "sort")
            if part in index
        ),
        marks=frozenset(model["discriminator"]["attribute"] for model in models if "discriminator" in model),
    )
    yield from _attributes(old["attributes"], new["attributes"], path, around)


def _attributes(old: list[Entry], new: list[Entry], path: str, around: _Around | None) -> Iterator[Found]:
    before, after = ({entry["attribute"]: entry for entry in entries} for entries in (old, new))
    for name in sorted({*before, *after}):
        place = f"{path}.{spelled(name)}"
        if name in before and name in after:
            yield from _attribute(before[name], after[name], place, around)
        elif around is not None and name in around.marks:
            yield "discriminator-declared", place, before.get(name), after.get(name)
        elif name in before:
            yield "attribute-removed", place, before[name], None
        else:
            yield _added(after[name]), place, None, after[name]


def _added(new: Entry) -> str:
    if new["required"] and "template" not in new:
        return "required-attribute-added"
    roles = [role for role in new.get("roles", ()) if role in _LIFECYCLE]
    if not roles:
        return "attribute-added"
    return "version-added" if "version" in roles else "lifecycle-added"


def _attribute(old: Entry, new: Entry, path: str, around: _Around | None) -> Iterator[Found]:
    yield from _value(old, new, path)
    if old["required"] != new["required"]:
        yield (
            ("required-added" if new["required"] else "required-removed"),
            f"{path}.required",
            *_both(old, new, "required"),
        )
    if old["omit_empty"] != new["omit_empty"]:
        indexed = around is not None and old["attribute"] in around.index_keys
        yield _omit_empty(new, indexed=indexed), f"{path}.omit_empty", *_both(old, new, "omit_empty")
    for member, rule in (("field", "field-renamed"), ("tags", "tags-changed")):
        if old.get(member) != new.get(member):
            yield rule, f"{path}.{member}", *_both(old, new, member)
    if around is not None:
        yield from _roles(old, new, path)
        yield from _template(old, new, path, around)
        yield from _encryption(old, new, path, around)


def _both(old: Entry, new: Entry, member: str) -> tuple[Any, Any]:
    return old.get(member), new.get(member)


def _omit_empty(new: Entry, *, indexed: bool) -> str:
    if new["type"] in _SETS:
        return "omit-empty-on-set"
    if new["omit_empty"]:
        return "omit-empty-added"
    return "omit-empty-removed-from-index-key" if indexed else "omit-empty-removed"


def _roles(old: Entry, new: Entry, path: str) -> Iterator[Found]:
    for role in _LIFECYCLE:
        if role in new["roles"] and role not in old["roles"]:
            yield "role-taken-up", f"{path}.roles", None, role
        if role in old["roles"] and role not in new["roles"]:
            yield "role-dropped", f"{path}.roles", role, None


def _template(old: Entry, new: Entry, path: str, around: _Around) -> Iterator[Found]:
    before, after = _both(old, new, "template")
    if before == after:
        return
    rule = "key-template-changed" if old["attribute"] in around.table_keys else "index-template-changed"
    if before is None:
        rule = "template-added"
    elif after is None:
        rule = "template-removed"
    yield rule, f"{path}.template", before, after


def _encryption(old: Entry, new: Entry, path: str, around: _Around) -> Iterator[Found]:
    before, after = _both(old, new, "encryption")
    if before == after:
        return
    rule = "encryption-context-changed"
    if before is None:
        rule = "encryption-added"
    elif after is None:
        rule = "encryption-removed"
    else:
        own = {"model": around.model, "attribute": old["attribute"]}
        if own | before.get("context", {}) == own | after.get("context", {}):
            rule = "encryption-context-spelled"
    yield rule, f"{path}.encryption", before, after


def _value(old: Entry, new: Entry, path: str) -> Iterator[Found]:
    """Compare what an attribute, or a list's element, holds."""
    if old["type"] != new["type"]:
        yield "type-changed", f"{path}.type", old["type"], new["type"]
        return
    if old["json"] != new["json"]:
        yield "json-changed", f"{path}.json", old["json"], new["json"]
    before, after = _both(old, new, "format")
    if before != after:
        wider = after in WIDER.get((old["type"], before), ())
        yield ("format-widened" if wider else "format-changed"), f"{path}.format", before, after
    yield from _enum(*_both(old, new, "enum"), f"{path}.enum")
    yield from _members(old, new, path)


def _enum(old: list[str] | None, new: list[str] | None, path: str) -> Iterator[Found]:
    if old == new:
        return
    if old is None or new is None:
        yield ("enum-added" if old is None else "enum-removed"), path, old, new
        return
    for one in old:
        if one not in new:
            yield "enum-value-removed", path, one, None
    for one in new:
        if one not in old:
            yield "enum-value-added", path, None, one
    if sorted(old) == sorted(new):
        yield "enum-reordered", path, old, new


def _members(old: Entry, new: Entry, path: str) -> Iterator[Found]:
    before, after = _both(old, new, "attributes")
    if before is not None and after is not None:
        yield from _attributes(before, after, path, None)
    elif before != after:
        yield ("map-typed" if before is None else "map-untyped"), f"{path}.attributes", before, after
    inner, outer = _both(old, new, "items")
    if inner is not None and outer is not None:
        yield from _value(inner, outer, f"{path}[]")
    elif inner != outer:
        yield ("list-typed" if inner is None else "list-untyped"), f"{path}.items", inner, outer
