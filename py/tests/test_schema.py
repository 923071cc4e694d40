"""Documents and declarations: both ways to say a model, and what makes one wrong."""

from __future__ import annotations

import json
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict

from dynamorm import (
    Attribute,
    Encrypted,
    Index,
    Model,
    Nested,
    PartitionKey,
    Rfc3339Nano,
    SortKey,
    Version,
    View,
    canonical_dms,
    dump,
    errors,
    load_dms,
    schema_of,
)
from dynamorm.schema.yaml_text import parse_document

from .models import Order

ORDER = """
dms_version: "1.0"
models:
  - name: Order
    table: {name: orders}
    keys:
      partition: {attribute: customer_id, type: S}
      sort: {attribute: number, type: N}
    attributes:
      - {attribute: customer_id, type: S, required: true}
      - {attribute: number, type: N, format: int, required: true}
      - {attribute: status, type: S, enum: [open, paid]}
      - {attribute: total, type: N, format: decimal}
      - {attribute: notes, type: S, omit_empty: true}
      - {attribute: labels, type: SS}
      - attribute: lines
        type: L
        items:
          type: M
          attributes:
            - {attribute: sku, type: S, required: true}
            - {attribute: qty, type: N, format: int}
            - {attribute: at, type: S, format: timestamp}
            - {attribute: tags, type: SS}
      - {attribute: created_at, type: S, roles: [created_at]}
      - {attribute: updated_at, type: S, roles: [updated_at]}
      - {attribute: version, type: N, roles: [version]}
"""
SCALARS: list[tuple[str, Any]] = [
    ("yes", "yes"),
    ("no", "no"),
    ("on", "on"),
    ("true", True),
    ("False", False),
    ("~", None),
    ("null", None),
    ("", None),
    ("010", 10),
    ("0o10", 8),
    ("0x1F", 31),
    ("+12", 12),
    ("-0", 0),
    ("1_000", "1_000"),
    ("1:30", "1:30"),
    ("2024-01-01", "2024-01-01"),
    ("1.50", 1.5),
    (".5", 0.5),
    ("1e3", 1000),
    ("'1'", "1"),
    ('"\\ud83d\\ude00"', "😀"),
]


@pytest.mark.parametrize(("text", "value"), SCALARS, ids=[text or "nothing" for text, _ in SCALARS])
def test_a_plain_scalar_is_resolved_by_the_core_schema(text: str, value: Any) -> None:
    found = parse_document(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


UNREADABLE = [
    "a: .inf",
    "a: .nan",
    "a: 0.1234567890123456789",
    "a: 1e999",
    "a: 1e308",
    "a: &x 1",
    "a: *x",
    "a: !t 1",
    "<<: {}",
    "a: 1\na: 2",
    "1: a",
    "[a]: b",
    "a: 1\n---\nb: 2",
    "a: [",
    '"\\ud800"',
    "[" * 2000,
]


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidModelError):
        parse_document(text)


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("a: {b: [1, &x 2]}", ""),
        ("a: {b: *x}", ""),
        ("a: [!!str 1]", ""),
        ("? a\n: b", ""),
        ("{: b}", ""),
        ("a:\tb", ""),
        ("a: b\t", ""),
        ("%TAG ! x\n---\na: b", ""),
        ("a: \x7f", ""),
        ('a: "\\ufdd0"', ""),
        ('a: "\\U00110000"', ""),
        ("a: {\nb: c}", ""),
        ('a: "b\nc"', ""),
        ("a: {b: c}#", ""),
        ("a: " + "[" * 100 + "]" * 100, ""),
        ('{"a":' + "[" * 100 + "]" * 100 + "}", ""),
        ("[" * 100_000 + "]" * 100_000, ""),
        ('{"a":{"b":1,"b":2}}', "/a/b"),
        ('{"a":[1,9007199254740993]}', "/a/1"),
        ('{"a":"\\ud800"}', "/a"),
        ('a: "\\ud800"', "/a"),
        ("a: {b: 1e126}", "/a/b"),
    ],
)
def test_a_text_is_refused_at_the_entry_or_as_a_whole(text: str, pointer: str) -> None:
    with pytest.raises(errors.InvalidModelError) as caught:
        parse_document(text)
    assert caught.value.path == pointer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("\ufeffa: 1", {"a": 1}),
        ("%YAML 1.2\n---\na: 1\n...", {"a": 1}),
        ("a: 1\r\nb: 2\rc: 3", {"a": 1, "b": 2, "c": 3}),
        ("a: x\u2028y\x85z", {"a": "x\u2028y\x85z"}),
        ('a: "x\ty" # \tz', {"a": "x\ty"}),
        ('{"a":\t"\\/\\ud83d\\ude00\x7f\ufdd0"}', {"a": "/\U0001f600\x7f\ufdd0"}),
        ("a: " + "[" * 99 + "]" * 99, None),
        ("a: 0e99999999999999999999", {"a": 0}),
    ],
)
def test_a_text_is_read_by_yaml_1_2_or_as_json(text: str, value: Any) -> None:
    found = parse_document(text)
    assert value is None or found == value


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1e21", "1000000000000000000000"),
        ("1e40", "1E+40"),
        ("1e125", "1E+125"),
        ("1.5e-7", "0.00000015"),
        ("1e-10", "1E-10"),
        ("-12.50", "-12.5"),
        ("-0.0", "0"),
    ],
)
def test_a_number_among_tags_has_the_text_it_has_in_every_language(number: str, text: str) -> None:
    document = ORDER.replace("    keys:", f"    tags: {{x: {number}}}\n    keys:", 1)
    assert f'"tags":{{"x":{text}}}' in canonical_dms(document)


def test_a_declared_class_is_the_document_byte_for_byte() -> None:
    assert dump(schema_of(Order).document) == canonical_dms(ORDER)


def test_the_canonical_document_is_its_own_canonical_document() -> None:
    canonical = canonical_dms(ORDER)
    assert canonical_dms(canonical) == canonical
    assert json.loads(canonical)["models"][0]["attributes"][0]["attribute"] == "created_at"


def changed(*path: str | int, to: Any) -> str:
    """Give the document with one entry replaced; None takes it away."""
    document = parse_document(ORDER)
    target = document
    for step in path[:-1]:
        target = target[step]
    if to is None:
        del target[path[-1]]
    else:
        target[path[-1]] = to
    return json.dumps(document)


POINTERS: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("dms_version",), "2.0", "/dms_version"),
    (("extra~/",), 1, "/extra~0~1"),
    (("models", 0, "table", "name"), "a", "/models/0/table/name"),
    (("models", 0, "keys", "partition", "attribute"), "nothing", "/models/0/keys/partition/attribute"),
    (("models", 0, "keys", "sort", "type"), "S", "/models/0/keys/sort/type"),
    (("models", 0, "keys"), None, "/models/0"),
    (("models", 0, "attributes", 0, "required"), False, "/models/0/attributes/0"),
    (("models", 0, "attributes", 1, "format"), "uuid", "/models/0/attributes/1/format"),
    (("models", 0, "attributes", 2, "enum"), ["a", "a"], "/models/0/attributes/2/enum/1"),
    (("models", 0, "attributes", 2, "enum"), ["\ud800"], "/models/0/attributes/2/enum/0"),
    (("models", 0, "attributes", 3, "attribute"), "notes", "/models/0/attributes/4/attribute"),
    (("models", 0, "attributes", 3, "roles"), ["version"], "/models/0/attributes/3/roles/0"),
    (("models", 0, "attributes", 6, "items", "type"), "S", "/models/0/attributes/6/items/attributes"),
    (("models", 0, "attributes", 3, "template"), "x", "/models/0/attributes/3/template"),
    (("models", 0, "views"), [{"name": "V", "fields": ["x"]}], "/models/0/views/0/fields/0"),
]


@pytest.mark.parametrize(("path", "value", "pointer"), POINTERS, ids=[pointer for _, _, pointer in POINTERS])
def test_a_wrong_entry_is_refused_with_its_pointer(path: tuple[str | int, ...], value: Any, pointer: str) -> None:
    with pytest.raises(errors.InvalidModelError) as caught:
        load_dms(changed(*path, to=value))
    assert caught.value.path == pointer


def refused(make: Any) -> str:
    with pytest.raises(errors.InvalidModelError) as caught:
        make()
    return str(caught.value.path)


def test_a_class_is_checked_when_it_is_made() -> None:
    class Level(IntEnum):
        LOW = 1

    class Plain(BaseModel):
        a: int = 0

    def declare(annotation: Any) -> Any:
        return lambda: type(
            "Bad", (Model,), {"__annotations__": {"id": Annotated[str, PartitionKey()], "x": annotation}}, table="bad"
        )

    assert refused(declare(complex)) == "/models/0/attributes/1"
    assert refused(declare(str | int)) == "/models/0/attributes/1"
    assert refused(declare(Literal[1, 2])) == "/models/0/attributes/1/enum/0"
    assert refused(declare(Level)) == "/models/0/attributes/1/enum/0"
    assert refused(declare(Plain)) == "/models/0/attributes/1"
    assert refused(declare(set[datetime])) == "/models/0/attributes/1"
    assert refused(declare(Annotated[datetime, Rfc3339Nano])) == "/models/0/attributes/1/format"
    assert refused(declare(Annotated[str, PartitionKey()])) == "/models/0/attributes/1/roles/0"
    assert refused(declare(list[Annotated[str, Version()]])) != ""


class Node(Nested):
    children: list[Node] | None = None


def test_a_map_that_holds_itself_is_refused() -> None:
    def declare() -> None:
        class Tree(Model, table="trees"):
            id: Annotated[str, PartitionKey()]
            root: Node | None = None

        schema_of(Tree)

    assert refused(declare) == "/models/0/attributes/1/attributes/0/items"


def test_a_class_without_a_table_is_a_base_and_no_model() -> None:
    class Base(Model):
        id: Annotated[str, PartitionKey()]

    class Thing(Base, table="things"):
        size: int | None = None

    class Other(Thing):
        colour: str | None = None

    assert [field.name for field in schema_of(Thing).fields] == ["id", "size"]
    with pytest.raises(errors.InvalidModelError):
        schema_of(Base)
    with pytest.raises(errors.InvalidModelError):
        schema_of(Other)


def test_class_keywords_say_indexes_and_views() -> None:
    class Ticket(
        Model,
        table="tickets",
        name="Job",
        dms_namespace="acme.jobs",
        indexes=[Index("by-size", sort="size", local=True), Index("by-queue", "queue", projection="KEYS_ONLY")],
        views=[View("Small", ("size",))],
    ):
        id: Annotated[str, PartitionKey()]
        at: Annotated[datetime, SortKey()]
        size: int | None = None
        queue: str | None = None
        note: Annotated[str | None, Encrypted((("model", "Job"), ("attribute", "note")))] = None

    schema = schema_of(Ticket)
    assert schema.name == "Job"
    assert schema.document["namespace"] == "acme.jobs"
    assert [index.name for index in schema.indexes] == ["by-queue", "by-size"]
    assert schema.indexes[1].partition.attribute == "id"
    assert schema.views == {"Small": ("size",)}
    note = schema.field_of("note")
    assert note is not None
    assert note.encryption == {"context": {"model": "Job", "attribute": "note"}}


def test_values_may_come_by_field_name_and_by_attribute_name() -> None:
    assert Order(customer="c", number=1) == Order.model_validate({"customer_id": "c", "number": 1})


def test_an_instance_takes_only_what_fits_exactly() -> None:
    class Loose(Model, table="loose"):
        model_config = ConfigDict(extra="allow")

        id: Annotated[str, PartitionKey()]
        size: Annotated[int | None, Attribute(omit_empty=True)] = None

    assert Loose.model_validate({"id": "x", "more": 1}).__dynamorm_attributes__() == {
        "id": "x",
        "size": None,
        "more": 1,
    }
    for wrong in ("5", True, b"5"):
        with pytest.raises(ValueError, match="size"):
            Loose.model_validate({"id": "x", "size": wrong})
