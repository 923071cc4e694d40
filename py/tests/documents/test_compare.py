"""Every rule of spec/92-compatibility.md has a change here that it names, alone."""

from __future__ import annotations

import copy
import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm import canonical_dms
from dynamorm.documents.compare import diff_dms
from dynamorm.documents.compare_attributes import spelled
from dynamorm.documents.rules import RULES, WIDER
from dynamorm.errors import InvalidModelError

from .corpus import FILES, SPEC, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Edit = Callable[[dict[str, Any]], object]

BASE: dict[str, Any] = {
    "dms_version": "1.0",
    "namespace": "a.b",
    "models": [
        {
            "name": "Order",
            "table": {"name": "orders"},
            "discriminator": {"attribute": "kind", "value": "Order"},
            "keys": {"partition": {"attribute": "pk", "type": "S"}, "sort": {"attribute": "sk", "type": "S"}},
            "attributes": [
                {"attribute": "pk", "type": "S", "template": "A#{id}"},
                {"attribute": "sk", "type": "S", "required": True},
                {"attribute": "id", "type": "S", "required": True},
                {"attribute": "by", "type": "S", "template": "B#{text}"},
                {"attribute": "text", "type": "S"},
                {"attribute": "state", "type": "S", "enum": ["a", "b"]},
                {"attribute": "count", "type": "N", "format": "int"},
                {"attribute": "empty", "type": "S", "omit_empty": True},
                {"attribute": "open", "type": "S", "omit_empty": True},
                {"attribute": "labels", "type": "SS"},
                {"attribute": "secret", "type": "S", "encryption": {}},
                {"attribute": "version", "type": "N", "format": "int", "roles": ["version"]},
                {"attribute": "place", "type": "M", "attributes": [{"attribute": "x", "type": "N"}]},
                {"attribute": "rows", "type": "L", "items": {"type": "S", "format": "date"}},
                {"attribute": "map", "type": "M"},
                {"attribute": "list", "type": "L"},
            ],
            "indexes": [
                {
                    "name": "by-by",
                    "type": "GSI",
                    "partition": {"attribute": "by", "type": "S"},
                    "projection": {"type": "INCLUDE", "fields": ["kind", "text"]},
                },
                {"name": "open", "type": "GSI", "partition": {"attribute": "open", "type": "S"}},
            ],
            "views": [{"name": "Short", "fields": ["text", "count"]}],
        }
    ],
}


def attribute(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["models"][0]["attributes"] if one["attribute"] == name)
    return found


def of(name: str, **members: Any) -> Edit:
    return lambda document: attribute(document, name).update(members)


def without(name: str, *members: str) -> Edit:
    return lambda document: [attribute(document, name).pop(member) for member in members]


def model(**members: Any) -> Edit:
    return lambda document: document["models"][0].update(members)


def added(**members: Any) -> Edit:
    return lambda document: document["models"][0]["attributes"].append(members)


def removed(name: str) -> Edit:
    return lambda document: document["models"][0]["attributes"].remove(attribute(document, name))


def index(number: int, **members: Any) -> Edit:
    return lambda document: document["models"][0]["indexes"][number].update(members)


def several(*edits: Edit) -> Edit:
    return lambda document: [edit(document) for edit in edits]


def another_index(kind: str) -> Edit:
    key = {"sort": {"attribute": "text", "type": "S"}}
    partition = {} if kind == "LSI" else {"partition": {"attribute": "text", "type": "S"}}
    return lambda document: document["models"][0]["indexes"].append(
        {"name": "more", "type": kind, **partition, **(key if kind == "LSI" else {})}
    )


def view(*fields: str) -> Edit:
    return model(views=[{"name": "Short", "fields": list(fields)}])


KEY = {"attribute": "pk", "type": "S"}
OTHER = {**copy.deepcopy(BASE["models"][0]), "name": "Other", "table": {"name": "others"}}
LSI = several(
    index(1, type="LSI", sort={"attribute": "open", "type": "S"}),
    lambda document: document["models"][0]["indexes"][1].pop("partition"),
)
# The rule, what makes the new document of BASE, and what makes the old one.
CHANGES: list[tuple[str, Edit, Edit | None]] = [
    ("model-added", lambda document: document["models"].append(OTHER), None),
    ("model-removed", lambda _: None, lambda document: document["models"].append(OTHER)),
    ("table-changed", model(table={"name": "elsewhere"}), None),
    ("sort-key-added", lambda _: None, model(keys={"partition": KEY})),
    ("sort-key-removed", model(keys={"partition": KEY}), None),
    ("key-attribute-changed", model(keys={"partition": KEY, "sort": {"attribute": "id", "type": "S"}}), None),
    (
        "key-type-changed",
        several(of("sk", type="N"), model(keys={"partition": KEY, "sort": {"attribute": "sk", "type": "N"}})),
        None,
    ),
    ("namespace-changed", lambda document: document.update(namespace="c"), None),
    (
        "namespace-changed-unbound",
        several(removed("secret"), lambda document: document.update(namespace="c")),
        removed("secret"),
    ),
    (
        "discriminator-added",
        lambda _: None,
        several(
            index(0, projection={"type": "INCLUDE", "fields": ["text"]}),
            lambda document: document["models"][0].pop("discriminator"),
        ),
    ),
    (
        "discriminator-removed",
        lambda document: document["models"][0].pop("discriminator"),
        added(attribute="kind", type="S"),
    ),
    ("discriminator-changed", model(discriminator={"attribute": "kind", "value": "Else"}), None),
    ("discriminator-declared", added(attribute="kind", type="S"), None),
    ("naming-changed", model(naming={"convention": "snake_case"}), None),
    ("attribute-added", added(attribute="more", type="S"), None),
    ("attribute-removed", removed("labels"), None),
    ("required-attribute-added", added(attribute="more", type="S", required=True), None),
    ("type-changed", of("labels", type="NS"), None),
    ("format-changed", of("count", format="unix_seconds"), None),
    ("format-widened", of("count", format="decimal"), None),
    ("required-added", of("text", required=True), None),
    ("required-removed", without("id", "required"), None),
    ("enum-added", of("text", enum=["a"]), None),
    ("enum-removed", without("state", "enum"), None),
    ("enum-value-added", of("state", enum=["a", "b", "c"]), None),
    ("enum-value-removed", of("state", enum=["a"]), None),
    ("enum-reordered", of("state", enum=["b", "a"]), None),
    ("omit-empty-added", of("count", omit_empty=True), None),
    ("omit-empty-removed", without("empty", "omit_empty"), None),
    ("omit-empty-removed-from-index-key", without("open", "omit_empty"), None),
    ("omit-empty-on-set", of("labels", omit_empty=True), None),
    ("json-changed", of("text", json=True), several(removed("by"), model(indexes=[]))),
    ("template-added", of("open", template="C#{text}"), without("open", "omit_empty")),
    ("template-removed", without("by", "template"), None),
    ("key-template-changed", of("pk", template="Z#{id}"), None),
    ("index-template-changed", of("by", template="Z#{text}"), None),
    ("encryption-added", of("count", encryption={}), None),
    ("encryption-removed", without("secret", "encryption"), None),
    ("encryption-context-changed", of("secret", encryption={"context": {"attribute": "else"}}), None),
    ("encryption-context-spelled", of("secret", encryption={"context": {"model": "Order"}}), None),
    ("map-typed", of("map", attributes=[{"attribute": "x", "type": "N"}]), None),
    ("map-untyped", without("place", "attributes"), None),
    ("list-typed", of("list", items={"type": "S"}), None),
    ("list-untyped", without("rows", "items"), None),
    ("index-added", another_index("GSI"), None),
    ("local-index-added", another_index("LSI"), None),
    ("index-removed", lambda document: document["models"][0]["indexes"].pop(1), None),
    (
        "index-type-changed",
        index(1, type="LSI", partition=KEY, sort={"attribute": "open", "type": "S"}),
        index(1, partition=KEY, sort={"attribute": "open", "type": "S"}),
    ),
    ("index-keys-changed", index(1, partition={"attribute": "text", "type": "S"}), None),
    (
        "index-projection-narrowed",
        index(1, projection={"type": "KEYS_ONLY"}),
        several(lambda document: document["models"][0].pop("discriminator"), index(0, projection={"type": "ALL"})),
    ),
    ("index-projection-widened", index(0, projection={"type": "INCLUDE", "fields": ["kind", "text", "count"]}), None),
    ("view-added", lambda _: None, model(views=[])),
    ("view-removed", model(views=[]), None),
    ("view-narrowed", view("text"), None),
    ("view-widened", view("text", "count", "id"), None),
    ("view-reordered", view("count", "text"), None),
    ("role-taken-up", of("more", roles=["ttl"]), added(attribute="more", type="N", format="unix_seconds")),
    ("role-dropped", without("version", "roles"), None),
    ("version-added", lambda _: None, removed("version")),
    ("lifecycle-added", added(attribute="at", type="S", format="timestamp", roles=["created_at"]), None),
    ("field-renamed", of("text", field="words"), None),
    ("tags-changed", of("text", tags={"a": 1}), None),
]
ON_BOTH = {
    "index-projection-narrowed",
    "json-changed",
    "role-taken-up",
    "discriminator-removed",
    "template-added",
    "index-type-changed",
}


def documents(rule: str, edit: Edit, before: Edit | None) -> tuple[str, str]:
    """Give the old and the new document; where the old one is no part of BASE, the new one is made of it."""
    old = copy.deepcopy(BASE)
    if before is not None:
        before(old)
    new = copy.deepcopy(old if rule in ON_BOTH else BASE)
    edit(new)
    return json.dumps(old), json.dumps(new)


@pytest.mark.parametrize(("rule", "edit", "before"), CHANGES, ids=[rule for rule, _, _ in CHANGES])
def test_a_change_is_named_by_its_rule(rule: str, edit: Edit, before: Edit | None) -> None:
    found = diff_dms(*documents(rule, edit, before))
    assert {change.rule for change in found if change.rule not in BESIDE.get(rule, ())} == {rule}
    assert [change.breaking for change in found] == sorted((change.breaking for change in found), reverse=True)


# What a change cannot come without.
BESIDE = {
    "template-removed": ("attribute-added",),
    "key-type-changed": ("type-changed",),
    "discriminator-added": ("index-projection-widened",),
    "discriminator-removed": ("discriminator-declared",),
}


def test_every_rule_has_its_change() -> None:
    assert sorted(rule for rule, _, _ in CHANGES) == sorted(RULES)


def test_the_rules_are_those_of_the_specification() -> None:
    page = (SPEC / "92-compatibility.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (yes|no) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(rule.name, "yes" if rule.breaking else "no", rule.why) for rule in RULES.values()]


def test_the_formats_are_those_of_the_specification() -> None:
    page = (SPEC / "92-compatibility.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([NS])` \| (.+) \| (.+) \|$", page, re.MULTILINE)

    def formats(cell: str) -> list[str | None]:
        return [None if one == "none" else one.strip("`") for one in cell.split(", ")]

    assert {(kind, one): set(formats(to)) for kind, start, to in rows for one in formats(start)} == WIDER


@pytest.mark.parametrize(
    ("name", "edit", "path"),
    [
        (
            "a map",
            lambda document: attribute(document, "place")["attributes"][0].update(format="int"),
            "Order.place.x.format",
        ),
        ("a list", lambda document: attribute(document, "rows")["items"].update(format="uuid"), "Order.rows[].format"),
        ("an index", index(1, name="other"), "Order.indexes.open"),
        ("a name with a dot", added(attribute="a.b", type="S"), "Order.`a.b`"),
    ],
)
def test_a_change_is_told_where_it_is(name: str, edit: Edit, path: str) -> None:
    assert path in {change.path for change in diff_dms(*documents(name, edit, None))}


def test_a_document_does_not_differ_from_itself_and_differs_from_every_other() -> None:
    texts = list(dict.fromkeys(canonical_dms(text_of(path)) for path in FILES))
    for one, other in [*zip(texts, texts, strict=True), *itertools.permutations(texts[::4], 2)]:
        assert bool(diff_dms(one, other)) == (one != other)


def test_every_member_that_is_taken_out_of_a_document_is_a_change() -> None:
    def without_each(value: Any) -> list[Any]:
        if isinstance(value, dict):
            shorter = [{key: one for key, one in value.items() if key != name} for name in value]
            deeper = [{**value, name: one} for name in value for one in without_each(value[name])]
            return shorter + deeper
        if isinstance(value, list):
            shorter_lists = [value[:place] + value[place + 1 :] for place in range(len(value))]
            deeper_lists = [
                [*value[:place], one, *value[place + 1 :]]
                for place in range(len(value))
                for one in without_each(value[place])
            ]
            return shorter_lists + deeper_lists
        return []

    whole, seen = canonical_dms(json.dumps(BASE)), 0
    for document in without_each(BASE):
        try:
            canonical = canonical_dms(json.dumps(document))
        except InvalidModelError:
            continue
        seen += 1
        assert bool(diff_dms(whole, canonical)) == (whole != canonical)
        assert bool(diff_dms(canonical, whole)) == (whole != canonical)
    assert seen > 30


def test_names_are_spelled_as_in_paths() -> None:
    assert [spelled(name) for name in ("a", "a.b", "a[0]")] == ["a", "`a.b`", "`a[0]`"]
