"""Two JSON Schemas compared: what the new one refuses that the old one took, and what it takes besides.

Only the keywords that the schema of documents is written with are known; another one is refused, for to pass over
it would be to miss a difference. What is not plainly wider counts as breaking: two patterns are not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]
_TOLD_NOTHING = {"$schema", "$id", "$defs", "title", "description"}
_COMPARED = {"$ref", "type", "required", "additionalProperties", "const", "enum", "minItems", "uniqueItems"} | {
    *("pattern", "minLength", "properties", "items")
}


class SchemaError(Exception):
    """A schema has a keyword that is not compared; the message is a sentence."""


@dataclass(frozen=True)
class Difference:
    """One difference between what was released and what is there."""

    breaking: bool
    place: str
    what: str

    def __str__(self) -> str:
        """Give its line."""
        return f"{'breaking' if self.breaking else 'addition'}  {self.place}: {self.what}"


def compare(old: Schema, new: Schema) -> list[Difference]:
    """Give every difference, by the place in the document that it is about.

    >>> [str(one) for one in compare({"type": "string"}, {"type": "string", "minLength": 1})]
    ['breaking  schema: minLength 0 -> 1']
    """
    return list(_Comparison(old, new).schemas(old, new, "schema"))


class _Comparison:
    """A walk through both schemas, which follows references and ends where they come back."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._definitions = (old.get("$defs", {}), new.get("$defs", {}))
        self._seen: set[tuple[str, str]] = set()

    def schemas(self, old: Schema, new: Schema, place: str) -> Iterator[Difference]:
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if pair != ("", ""):
            if pair in self._seen:
                return
            self._seen.add(pair)
        before, after = (
            _known(_resolved(schema, definitions), place)
            for schema, definitions in zip((old, new), self._definitions, strict=True)
        )
        yield from _values(before, after, place)
        yield from _texts_and_sizes(before, after, place)
        yield from self._members(before, after, place)
        yield from self._items(before, after, f"{place}/*")

    def _members(self, old: Schema, new: Schema, place: str) -> Iterator[Difference]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_open, is_open = (schema.get("additionalProperties", True) for schema in (old, new))
        if was_open != is_open:
            yield Difference(was_open, place, f"{'takes' if is_open else 'no longer takes'} members of any name")
        yield from _set(set(new.get("required", ())) - set(old.get("required", ())), place, "requires", breaking=True)
        yield from _set(
            set(old.get("required", ())) - set(new.get("required", ())), place, "no longer requires", breaking=False
        )
        yield from _set(set(before) - set(after), place, "no longer declares", breaking=not is_open)
        yield from _set(set(after) - set(before), place, "declares", breaking=was_open)
        for name in sorted(set(before) & set(after)):
            yield from self.schemas(before[name], after[name], f"{place}/{name}")

    def _items(self, old: Schema, new: Schema, place: str) -> Iterator[Difference]:
        if "items" in old and "items" in new:
            yield from self.schemas(old["items"], new["items"], place)
        elif ("items" in old) != ("items" in new):
            yield Difference("items" in new, place, f"{'' if 'items' in new else 'no longer '}has a rule")


def _resolved(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    if "$ref" not in schema:
        return schema
    name = str(schema["$ref"]).removeprefix("#/$defs/")
    if name not in definitions:
        raise SchemaError(f"there is no `{schema['$ref']}`")
    return {**definitions[name], **{key: value for key, value in schema.items() if key != "$ref"}}


def _known(schema: Schema, place: str) -> Schema:
    unknown = sorted(set(schema) - _TOLD_NOTHING - _COMPARED)
    flags = (schema.get("additionalProperties", True), schema.get("uniqueItems", True))
    if unknown or not all(isinstance(flag, bool) for flag in flags):
        raise SchemaError(f"{place}: the comparison does not know `{', '.join(unknown) or 'additionalProperties'}`")
    return schema


def _set(names: set[Any], place: str, what: str, *, breaking: bool) -> Iterator[Difference]:
    for name in sorted(map(str, names)):
        yield Difference(breaking, place, f"{what} `{name}`")


def _taken(schema: Schema, keyword: str) -> set[Any] | None:
    """Give the values or the types that a schema takes; None where any."""
    if keyword == "type":
        types = schema.get("type")
        found = {types} if isinstance(types, str) else None if types is None else set(types)
        return found | {"integer"} if found and "number" in found else found
    return {schema["const"]} if "const" in schema else set(schema["enum"]) if "enum" in schema else None


def _values(old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    for keyword, what in (("type", "type"), ("enum", "value")):
        before, after = _taken(old, keyword), _taken(new, keyword)
        if before is None or after is None:
            if before != after:
                yield Difference(before is None, place, f"{'any' if after is None else 'not any'} {what} is taken")
            continue
        yield from _set(before - after, place, f"no longer takes the {what}", breaking=True)
        yield from _set(after - before, place, f"takes the {what}", breaking=False)


def _texts_and_sizes(old: Schema, new: Schema, place: str) -> Iterator[Difference]:
    for keyword in ("minLength", "minItems", "uniqueItems"):
        before, after = old.get(keyword, 0), new.get(keyword, 0)
        if before != after:
            yield Difference(after > before, place, f"{keyword} {before} -> {after}")
    before, after = old.get("pattern"), new.get("pattern")
    if before != after:
        yield Difference(after is not None, place, f"pattern {before or 'none'} -> {after or 'none'}")
