"""schema_diff.py: which schemas refuse what others took."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

import schema_diff
import toolpaths

OPEN: dict[str, Any] = {}
CLOSED: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": {"a": {}}}
MEMBERS: dict[str, Any] = {"type": "object", "properties": {"a": {}}}

# name: the old one, the new one, what is told
TOLD: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": (CLOSED, copy.deepcopy(CLOSED), []),
    "a title": ({"title": "a", "description": "b"}, {"title": "c"}, []),
    "a type less": (
        {"type": ["string", "null"]},
        {"type": "string"},
        ["breaking  schema: no longer takes the type `null`"],
    ),
    "a type more": ({"type": "string"}, {"type": ["null", "string"]}, ["addition  schema: takes the type `null`"]),
    "whole numbers alone": (
        {"type": "number"},
        {"type": "integer"},
        ["breaking  schema: no longer takes the type `number`"],
    ),
    "a type at last": (OPEN, {"type": "string"}, ["breaking  schema: not any type is taken"]),
    "any type": ({"type": "string"}, OPEN, ["addition  schema: any type is taken"]),
    "a value less": ({"enum": ["a", "b"]}, {"const": "a"}, ["breaking  schema: no longer takes the value `b`"]),
    "a value more": ({"const": "a"}, {"enum": ["a", "b"]}, ["addition  schema: takes the value `b`"]),
    "another value": (
        {"const": "a"},
        {"const": "b"},
        ["breaking  schema: no longer takes the value `a`", "addition  schema: takes the value `b`"],
    ),
    "values at last": (OPEN, {"enum": ["a"]}, ["breaking  schema: not any value is taken"]),
    "a pattern": (OPEN, {"pattern": "^a"}, ["breaking  schema: pattern none -> ^a"]),
    "another pattern": ({"pattern": "^a"}, {"pattern": "^a?"}, ["breaking  schema: pattern ^a -> ^a?"]),
    "no pattern": ({"pattern": "^a"}, OPEN, ["addition  schema: pattern ^a -> none"]),
    "longer": ({"minLength": 1}, {"minLength": 2}, ["breaking  schema: minLength 1 -> 2"]),
    "shorter": ({"minItems": 1}, OPEN, ["addition  schema: minItems 1 -> 0"]),
    "unique": (OPEN, {"uniqueItems": True}, ["breaking  schema: uniqueItems 0 -> True"]),
    "a required member": (CLOSED, CLOSED | {"required": ["a"]}, ["breaking  schema: requires `a`"]),
    "a member required no more": (CLOSED | {"required": ["a"]}, CLOSED, ["addition  schema: no longer requires `a`"]),
    "a member that went": (CLOSED, CLOSED | {"properties": {}}, ["breaking  schema: no longer declares `a`"]),
    "a member that is free now": (MEMBERS, {"type": "object"}, ["addition  schema: no longer declares `a`"]),
    "a member that came": (CLOSED | {"properties": {}}, CLOSED, ["addition  schema: declares `a`"]),
    "a member that was free": ({"type": "object"}, MEMBERS, ["breaking  schema: declares `a`"]),
    "closed": (MEMBERS, CLOSED, ["breaking  schema: no longer takes members of any name"]),
    "opened": (CLOSED, MEMBERS, ["addition  schema: takes members of any name"]),
    "inside a member": (
        CLOSED,
        CLOSED | {"properties": {"a": {"type": "null"}}},
        ["breaking  schema/a: not any type is taken"],
    ),
    "inside a list": (
        {"items": {"const": 1}},
        {"items": {"const": 2}},
        ["breaking  schema/*: no longer takes the value `1`", "addition  schema/*: takes the value `2`"],
    ),
    "a rule for a list": (OPEN, {"items": {"type": "null"}}, ["breaking  schema/*: has a rule"]),
    "a list without rule": ({"items": {"type": "null"}}, OPEN, ["addition  schema/*: no longer has a rule"]),
    "a definition of another name": (
        {"$defs": {"a": {"const": 1}}, "items": {"$ref": "#/$defs/a"}},
        {"$defs": {"b": {"const": 1}}, "items": {"$ref": "#/$defs/b"}},
        [],
    ),
    "a definition that narrowed": (
        {"$defs": {"a": OPEN}, "items": {"$ref": "#/$defs/a"}},
        {"$defs": {"a": {"type": "null"}}, "items": {"$ref": "#/$defs/a"}},
        ["breaking  schema/*: not any type is taken"],
    ),
    "a definition that leads to itself": (
        {"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}, "items": {"$ref": "#/$defs/a"}},
        {"$defs": {"a": {"items": {"$ref": "#/$defs/a"}, "minItems": 1}}, "items": {"$ref": "#/$defs/a"}},
        ["breaking  schema/*: minItems 0 -> 1"],
    ),
}


@pytest.mark.parametrize(("old", "new", "told"), TOLD.values(), ids=TOLD)
def test_a_difference_is_told_with_its_place(old: dict[str, Any], new: dict[str, Any], told: list[str]) -> None:
    assert [str(one) for one in schema_diff.compare(old, new)] == told


@pytest.mark.parametrize(
    "schema", [{"oneOf": []}, {"additionalProperties": {"type": "null"}}, {"$ref": "#/$defs/none"}], ids=str
)
def test_what_is_not_compared_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(schema_diff.SchemaError):
        schema_diff.compare(OPEN, schema)
    with pytest.raises(schema_diff.SchemaError):
        schema_diff.compare(schema, OPEN)


def test_every_keyword_of_the_schema_of_documents_is_compared() -> None:
    """Taken out where it limits, a keyword is told as an addition; put back, as breaking."""
    (path,) = (toolpaths.ROOT / "spec/schemas").glob("dms-*.schema.json")
    full: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert schema_diff.compare(full, full) == []
    limits = (
        "type",
        "required",
        "additionalProperties",
        "const",
        "enum",
        "minItems",
        "uniqueItems",
        "pattern",
        "minLength",
    )
    planted = 0
    for place, keyword in [(place, keyword) for place, found in places(full) for keyword in limits if keyword in found]:
        wider = copy.deepcopy(full)
        del at(wider, place)[keyword]
        widened, narrowed = schema_diff.compare(full, wider), schema_diff.compare(wider, full)
        assert widened
        assert not any(one.breaking for one in widened), (place, keyword)
        assert any(one.breaking for one in narrowed), (place, keyword)
        planted += 1
    assert planted > 50


def places(schema: dict[str, Any], place: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    found = [(place, schema)]
    for holder in ("properties", "$defs"):
        for name, member in schema.get(holder, {}).items():
            found += places(member, (*place, holder, name))
    return found + (places(schema["items"], (*place, "items")) if "items" in schema else [])


def at(schema: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    for name in place:
        schema = schema[name]
    return schema
