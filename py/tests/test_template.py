"""Key templates and discriminators: told back from the text, and said in a class as in a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamorm import Client, Index, Model, Table, Template, errors, load_dms, schema_of
from dynamorm.codec import ItemCodec
from dynamorm.schema.template import Part, parse_template
from dynamorm.testing import FixedClock, Response, Script

if TYPE_CHECKING:
    from collections.abc import Callable


class Purchase(
    Model,
    table="shop",
    partition_key=Template("pk", "CUSTOMER#{customer_id}"),
    sort_key=Template("sk", "{kind}##{number:03d}{rest}"),
    discriminator=("_type", "Purchase"),
    indexes=[Index("gsi1", Template("gsi1pk", "KIND#{kind}"), "sk")],
):
    customer_id: str
    kind: str
    number: int
    rest: str
    note: str | None = None


CODEC = ItemCodec(schema_of(Purchase))
TEXTS = st.text(alphabet="#aé😀C", min_size=1, max_size=6)


def test_a_template_is_literals_and_parts() -> None:
    assert parse_template("A#{x}#{n:03d}{y}").segments == ("A#", Part("x"), "#", Part("n", 3), Part("y"))
    assert parse_template("PROFILE").parts == ()


@pytest.mark.parametrize("text", ["{", "}", "{}", "a{b", "{a}{b}", "{a:020d}", "{a}{b:03d}", "{{a}}"])
def test_a_template_that_cannot_be_told_back_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(a part is|a width is|two parts need) "):
        parse_template(text)


@given(st.tuples(TEXTS, st.integers(0, 999), TEXTS), st.tuples(TEXTS, st.integers(0, 999), TEXTS))
def test_two_items_of_other_parts_have_other_keys(left: tuple[Any, ...], right: tuple[Any, ...]) -> None:
    def key(parts: tuple[Any, ...]) -> Any:
        names = dict(zip(("kind", "number", "rest"), parts, strict=True))
        try:
            return CODEC.marshal_key({"customer_id": "c", **names})["sk"]
        except errors.ValidationFailedError:
            return None

    if left != right and (found := key(left)) is not None:
        assert found != key(right)


def table() -> tuple[Table[Purchase], Script]:
    script = Script([Response()])
    return Client(transport=script, clock=FixedClock(0)).table(Purchase), script


def test_an_instance_has_the_fields_alone() -> None:
    purchases, script = table()
    value = Purchase(customer_id="c", kind="k", number=7, rest="r")
    assert purchases.create(value) is value
    assert script.sent[0].body["Item"] == {
        "customer_id": {"S": "c"},
        "kind": {"S": "k"},
        "number": {"N": "7"},
        "rest": {"S": "r"},
        "pk": {"S": "CUSTOMER#c"},
        "sk": {"S": "k##007r"},
        "gsi1pk": {"S": "KIND#k"},
        "_type": {"S": "Purchase"},
    }
    assert "pk" not in Purchase.model_fields


CALLS: list[Callable[[Any], Any]] = [
    lambda purchases: purchases.get({"pk": "CUSTOMER#c", "sk": "x"}),
    lambda purchases: purchases.put({"customer_id": "c", "pk": "x"}),
    lambda purchases: purchases.delete({"_type": "Purchase"}),
]


@pytest.mark.parametrize("call", CALLS)
def test_the_composed_text_is_refused_before_a_part_is_missed(call: Callable[[Any], Any]) -> None:
    purchases, script = table()
    with pytest.raises(errors.ValidationFailedError) as caught:
        call(purchases)
    assert caught.value.path in {"pk", "_type"}
    assert script.sent == []


def test_one_name_with_two_templates_is_refused() -> None:
    def declare() -> type[Model]:
        class Twice(
            Model,
            table="twice",
            partition_key=Template("pk", "A#{a}"),
            indexes=[Index("one", Template("x", "A#{a}")), Index("two", Template("x", "B#{a}"))],
        ):
            a: str

        return Twice

    with pytest.raises(errors.InvalidModelError) as caught:
        declare()
    assert caught.value.path == "/models/0/attributes/3/attribute"


def test_a_declared_discriminator_is_the_librarys_all_the_same() -> None:
    text = """
dms_version: "1.0"
models:
  - name: A
    table: { name: aaa }
    keys: { partition: { attribute: id, type: S } }
    discriminator: { attribute: kind, value: A }
    attributes:
      - { attribute: id, type: S, required: true }
      - { attribute: kind, type: S }
"""
    codec = ItemCodec(load_dms(text)["A"])
    assert codec.marshal_item({"id": "x"}) == {"id": {"S": "x"}, "kind": {"S": "A"}}
    assert codec.unmarshal_item({"id": {"S": "x"}, "kind": {"S": "A"}}) == {"id": "x"}
    with pytest.raises(errors.ValidationFailedError):
        codec.marshal_item({"id": "x", "kind": "A"})
