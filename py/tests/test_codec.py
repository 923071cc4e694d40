"""Laws of the codec over generated values, and its agreement with boto3's own."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Context, Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from dynamorm import Model, errors, schema_of
from dynamorm.codec import ItemCodec, canonical, item_size, read_any, write_any
from dynamorm.codec.json_text import json_size, read_json, write_json

from .models import Colour, Everything, Line, Order, Status

WIDE = Context(prec=60)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
integers = st.integers(-(2**63), 2**63 - 1)
decimals = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent, WIDE),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-90, 80),
)
floats = st.floats(allow_nan=False, allow_infinity=False).filter(lambda one: one == 0 or 1e-129 < abs(one) < 1e125)
binaries = st.binary(max_size=8)
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants them naive
scalars = st.none() | st.booleans() | texts | integers | decimals | binaries
untyped = st.recursive(
    scalars | st.sets(texts, min_size=1, max_size=3) | st.sets(decimals, min_size=1, max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
jsons = st.recursive(
    st.none() | st.booleans() | texts | integers | decimals,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
lines = st.builds(Line, sku=texts, qty=st.none() | integers, at=st.none() | instants, tags=st.sets(texts, max_size=2))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": texts,
    "num": integers | decimals,
    "whole": integers,
    "big": integers,
    "ratio": floats,
    "price": decimals,
    "blob": binaries,
    "flag": st.booleans(),
    "items": st.lists(untyped, max_size=3),
    "doc": st.dictionaries(names, untyped, max_size=3),
    "words": st.frozensets(texts, min_size=1),
    "numbers": st.sets(integers | decimals, min_size=1, max_size=4),
    "blobs": st.sets(binaries, min_size=1, max_size=4),
    "stamp": instants,
    "stamps": st.lists(instants, max_size=3),
    "day": st.dates(),
    "uid": st.uuids(),
    "yes_no": st.booleans(),
    "seconds": instants.map(lambda one: one.replace(microsecond=0)),
    "millis": instants.map(lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000)),
    "data": jsons.filter(lambda one: one is not None),
    "colour": st.sampled_from(Colour),
    "kind": st.sampled_from(["a", "b"]),
    "line": lines,
    "until": st.integers(0, 2**40),
}
CODEC = ItemCodec(schema_of(Everything))


def back_and_forth(model: type[Model], codec: ItemCodec, value: Any) -> Any:
    wire = json.loads(json.dumps(codec.marshal_item(value.__dynamorm_attributes__())))
    return model.__dynamorm_read__(codec.unmarshal_item(wire))


@pytest.mark.parametrize("name", VALUES)
def test_what_is_read_equals_what_was_written(name: str) -> None:
    @given(VALUES[name])
    def law(value: Any) -> None:
        written = Everything(id=b"k", **{name: value})
        assert getattr(written, name) == value
        assert getattr(back_and_forth(Everything, CODEC, written), name) == value

    law()


@given(decimals)
def test_a_number_keeps_its_value_and_has_one_text(number: Decimal) -> None:
    text = canonical(number)
    assert Decimal(text) == number
    assert canonical(text) == text
    assert canonical(f"{number:+.60E}" if number else "-0.00") == text
    assert not text.startswith("+")


@given(floats)
def test_a_float_reads_back_as_itself(number: float) -> None:
    assert float(canonical(number)) == number


@pytest.mark.parametrize(
    ("given_number", "text"),
    [
        (Decimal("1.10"), "1.1"),
        (Decimal("-0"), "0"),
        (-0.0, "0"),
        (Decimal("1E38"), "1E+38"),
        (10**37, "1" + "0" * 37),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("1.5E-8"), "1.5E-8"),
        ("0001.50", "1.5"),
    ],
)
def test_a_number_is_spelled_canonically(given_number: Any, text: str) -> None:
    assert canonical(given_number) == text


@pytest.mark.parametrize(
    "number",
    ids=lambda one: type(one).__name__,
    argvalues=[
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        float("nan"),
        float("inf"),
        10**126,
        10**5000,
        -(10**9999),
        Decimal("1E126"),
        Decimal("1E-131"),
        10**38 + 1,
        "",
        " 1",
        "1_0",
        "x",
        chr(0x661),
    ],
)
def test_a_number_that_dynamodb_does_not_hold_is_refused(number: Any) -> None:
    with pytest.raises(ValueError, match=r"number|range|digits"):
        canonical(number)


@given(jsons)
def test_canonical_json_reads_back_and_is_stable(value: Any) -> None:
    text = write_json(value)
    assert read_json(text) == value
    assert write_json(read_json(text)) == text
    assert json.loads(text, parse_float=Decimal) == value


@given(untyped)
def test_an_untyped_value_is_marshalled_as_boto3_does(value: Any) -> None:
    ours = write_any(value, "value", 1)
    assert sort_sets(binary_in(ours)) == sort_sets(canonical_numbers(TypeSerializer().serialize(value)))


@given(untyped)
def test_an_untyped_value_is_read_as_boto3_does(value: Any) -> None:
    wire = write_any(value, "value", 1)
    assert read_any(wire, "value") == plain(TypeDeserializer().deserialize(binary_in(wire)))


def binary_in(value: Any) -> Any:
    """Give boto3's wire form: bytes where DynamoDB JSON has base64."""
    ((tag, body),) = value.items()
    if tag == "B":
        return {"B": base64.b64decode(body)}
    if tag == "BS":
        return {"BS": [base64.b64decode(member) for member in body]}
    if tag == "L":
        return {"L": [binary_in(member) for member in body]}
    return {"M": {name: binary_in(member) for name, member in body.items()}} if tag == "M" else value


def canonical_numbers(value: Any) -> Any:
    ((tag, body),) = value.items()
    if tag == "N":
        return {"N": canonical(body)}
    if tag == "NS":
        return {"NS": [canonical(member) for member in body]}
    if tag == "L":
        return {"L": [canonical_numbers(member) for member in body]}
    return {"M": {name: canonical_numbers(member) for name, member in body.items()}} if tag == "M" else value


def sort_sets(value: Any) -> Any:
    ((tag, body),) = value.items()
    if tag in {"SS", "NS", "BS"}:
        return {tag: sorted(body)}
    if tag == "L":
        return {"L": [sort_sets(member) for member in body]}
    return {"M": {name: sort_sets(member) for name, member in body.items()}} if tag == "M" else value


def plain(value: Any) -> Any:
    if isinstance(value, Binary):
        return bytes(vars(value)["value"])
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, set):
        return {plain(member) for member in value}
    return {name: plain(member) for name, member in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    ("member", "value", "wire"),
    [
        ("status", Status.OPEN, {"S": "open"}),
        ("total", Decimal("1.50"), {"N": "1.5"}),
        ("labels", {"b", "a"}, {"SS": ["a", "b"]}),
        ("labels", frozenset({"é", "z"}), {"SS": ["z", "é"]}),
        ("lines", [Line(sku="x")], {"L": [{"M": {"sku": {"S": "x"}}}]}),
    ],
)
def test_a_value_has_one_wire_form(member: str, value: Any, wire: Any) -> None:
    order = Order.model_construct(customer="c", number=1, **{member: value})
    assert ItemCodec(schema_of(Order)).marshal_item(order.__dynamorm_attributes__())[member] == wire


BAD: list[tuple[str, Any]] = [
    ("text", "\ud800"),
    ("text", 5),
    ("whole", True),
    ("whole", Decimal("1.5")),
    ("whole", 2**63),
    ("whole", 10**5000),
    ("num", float("nan")),
    ("ratio", 10**400),
    ("price", Decimal("sNaN")),
    ("blob", "text"),
    ("flag", 1),
    ("words", "ab"),
    ("words", {1}),
    ("numbers", {True}),
    ("stamp", datetime(2024, 1, 1)),  # noqa: DTZ001 - naive is the point
    ("stamp", date(2024, 1, 1)),
    ("stamp", "2024-01-01T00:00:00.1234567Z"),
    ("stamp", datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))),
    ("stamp", 5),
    ("day", datetime(2024, 1, 1, tzinfo=UTC)),
    ("day", "2024-02-30"),
    ("uid", "{12345678-1234-1234-1234-123456789012}"),
    ("doc", {"a": {"\ud800": 1}}),
    ("doc", {1: 2}),
    ("doc", {"a": set()}),
    ("doc", {"a": 10**5000}),
    ("doc", {"a": object()}),
    ("data", {1: 2}),
    ("data", {"a": b""}),
    ("data", float("inf")),
    ("colour", "green"),
    ("kind", "c"),
    ("line", {"sku": "x", "colour": 1}),
    ("line", "x"),
    ("until", -1),
    ("seconds", Decimal("1.5")),
]


@pytest.mark.parametrize(
    ("name", "value"), BAD, ids=lambda one: one if isinstance(one, str) and one.isascii() else type(one).__name__
)
def test_a_value_that_does_not_fit_is_refused_with_its_path_and_without_itself(name: str, value: Any) -> None:
    with pytest.raises(errors.ValidationFailedError) as caught:
        CODEC.marshal_item({"id": b"k", name: value})
    assert (caught.value.path or "").startswith(name)
    assert caught.value.origin == "client"
    assert "1234567" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("text", {"N": "1"}),
        ("whole", {"N": "1.5"}),
        ("whole", {"N": "1E+999999"}),
        ("num", {"N": "x"}),
        ("flag", {"BOOL": "true"}),
        ("blob", {"B": "*"}),
        ("items", {"L": 5}),
        ("stamps", {"L": 5}),
        ("stamps", {"L": [{"NULL": True}]}),
        ("doc", {"M": {"a": {"S": 5}}}),
        ("doc", {"M": {"a": {"BOOL": 1}}}),
        ("day", {"S": "2024-2-1"}),
        ("yes_no", {"S": "True"}),
        ("data", {"S": '{"a":1,"a":2}'}),
        ("data", {"S": '"\\ud800"'}),
        ("data", {"S": '[{"\\udc00":1}]'}),
        ("ratio", {"N": "1E+500"}),
        ("ratio", {"N": "NaN"}),
        ("colour", {"S": "green"}),
        ("line", {"M": {}}),
    ],
)
def test_a_stored_value_that_does_not_fit_is_refused_with_its_path(name: str, wire: Any) -> None:
    with pytest.raises(errors.DecodeFailedError) as caught:
        CODEC.unmarshal_item({"id": {"B": "aw=="}, name: wire})
    assert (caught.value.path or "").startswith(name)
    assert "Everything" in str(caught.value)


def test_small_milliseconds_and_large_seconds_are_what_their_format_says() -> None:
    stored = {"id": {"B": "aw=="}, "millis": {"N": "1000"}, "seconds": {"N": "30000000000"}}
    read = Everything.__dynamorm_read__(CODEC.unmarshal_item(stored))
    assert read.millis == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert read.seconds == datetime(2920, 8, 30, 5, 20, tzinfo=UTC)


def test_an_absent_set_of_a_whole_item_is_empty_and_of_a_partial_one_absent() -> None:
    stored = {"id": {"B": "aw=="}}
    assert CODEC.unmarshal_item(stored)["words"] == set()
    assert CODEC.unmarshal_item({**stored, "words": {"NULL": True}})["words"] == set()
    assert "words" not in CODEC.unmarshal_item(stored, partial=True)


@given(untyped)
def test_the_size_of_dynamodb_json_is_that_of_its_canonical_text(value: Any) -> None:
    wire = write_any(value, "x", 1)
    assert json_size(wire) == len(write_json(wire).encode())
    control = {"S": "".join(map(chr, range(0x80))) + "\u2028é😀"}
    assert json_size(control) == len(write_json(control).encode())


def test_a_json_value_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(errors.ValidationFailedError):
        CODEC.marshal_item({"id": b"k", "data": endless})
    with pytest.raises(errors.ValidationFailedError):
        CODEC.marshal_item({"id": b"k", "items": endless})


@given(untyped)
def test_the_size_of_an_item_grows_with_every_value(value: Any) -> None:
    base = {"id": {"B": "aw=="}}
    assert item_size({**base, "doc": write_any(value, "doc", 1)}) >= item_size(base) + len("doc")
