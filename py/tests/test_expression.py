"""Conditions, changes and projections as text: one spelling, whatever the values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dynamorm import Condition, all_of, any_of, errors, field, schema_of
from dynamorm.codec import ItemCodec
from dynamorm.expression import Changes, Compiler, Owned, Placeholders, Scope, UpdateCompiler

from .models import Order

SCOPE = Scope(ItemCodec(schema_of(Order)))


def compiled(condition: Condition) -> tuple[str, dict[str, Any]]:
    placeholders = Placeholders()
    text = Compiler(SCOPE, placeholders).condition(condition)
    return text, placeholders.members()


def updated(**members: Any) -> tuple[str, dict[str, Any]]:
    placeholders = Placeholders()
    plan = UpdateCompiler(SCOPE, frozenset({"customer_id", "number"})).plan(Changes.of(members))
    return plan.text(placeholders, Owned()), placeholders.members()


total, status = field("total"), field("status")
TEXTS: list[tuple[Condition, str]] = [
    (total > 1, "#n0 > :v0"),
    (total > 1, "#n0 > :v0"),
    (field("number") != total, "#n0 <> #n1"),
    (field("notes").size() >= 3, "size(#n0) >= :v0"),
    (total.between(1, 2), "#n0 BETWEEN :v0 AND :v1"),
    (status.is_in(["open", "paid"]), "#n0 IN (:v0, :v1)"),
    (field("lines[0].sku").begins_with("a"), "begins_with(#n0[0].#n1, :v0)"),
    (field(["odd.name"]).exists(), "attribute_exists(#n0)"),
    (field("labels").contains("x"), "contains(#n0, :v0)"),
    (total.is_type("N"), "attribute_type(#n0, :v0)"),
    ((total > 1) & (total < 5) & (status == "open"), "#n0 > :v0 AND #n0 < :v1 AND #n1 = :v2"),
    ((total > 1) | (total < 5) & (status == "open"), "#n0 > :v0 OR (#n0 < :v1 AND #n1 = :v2)"),
    (~((total > 1) | (total < 5)), "NOT (#n0 > :v0 OR #n0 < :v1)"),
    (any_of(all_of(total == 1)), "#n0 = :v0"),
    (status == None, "#n0 = :v0"),  # noqa: E711 - the condition, not the test
]


@pytest.mark.parametrize(("condition", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_a_condition_has_one_text(condition: Condition, text: str) -> None:
    assert compiled(condition)[0] == text


def test_names_are_shared_and_values_are_not() -> None:
    _, members = compiled((total == 1) | (total == 1))
    assert members == {
        "ExpressionAttributeNames": {"#n0": "total"},
        "ExpressionAttributeValues": {":v0": {"N": "1"}, ":v1": {"N": "1"}},
    }


WRONG: list[tuple[Condition, type[errors.DynamORMError]]] = [
    (total.begins_with("1"), errors.InvalidOperatorError),
    (field("labels") > {"a"}, errors.InvalidOperatorError),
    (total.size() > 1, errors.InvalidOperatorError),
    (total.is_type("X"), errors.InvalidOperatorError),
    (total.between(2, 1), errors.InvalidOperatorError),
    (total.is_in([]), errors.InvalidOperatorError),
    (total.is_in(range(101)), errors.InvalidOperatorError),
    (all_of(), errors.InvalidOperatorError),
    (total == "x", errors.ValidationFailedError),
    (total == Decimal("NaN"), errors.ValidationFailedError),
    (field("notes").size() > Decimal("NaN"), errors.ValidationFailedError),
    (field("notes").size() > "x", errors.ValidationFailedError),
    (field("labels").contains(1), errors.ValidationFailedError),
    (any_of(*([total == 1] * 500)), errors.ValidationFailedError),
]


@pytest.mark.parametrize(("condition", "error"), WRONG, ids=range(len(WRONG)))
def test_what_dynamodb_would_refuse_or_misread_is_refused(
    condition: Condition, error: type[errors.DynamORMError]
) -> None:
    with pytest.raises(error):
        compiled(condition)


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "a.",
        "a[",
        "a[x]",
        "a[-1]",
        "[0]",
        [],
        [0],
        ["a", ""],
        ["a", -1],
        ["a", True],
        ["a", None],
        "\ud800",
        5,
        None,
    ],
    ids=repr,
)
def test_a_malformed_path_is_refused(path: Any) -> None:
    with pytest.raises(errors.ValidationFailedError):
        field(path)


def test_a_condition_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="&"):
        assert total == 1
    with pytest.raises(TypeError, match="&"):
        _ = 1 < total < 5


def test_a_condition_shows_no_value() -> None:
    assert "hunter2" not in repr(field("notes") == "hunter2")


UPDATES: list[tuple[dict[str, Any], str]] = [
    ({"set": {"total": 1, "notes": "x"}}, "SET #n0 = :v0, #n1 = :v1"),
    ({"set": {"total": None}}, "REMOVE #n0"),
    ({"set": {"notes": ""}}, "REMOVE #n0"),
    ({"set": {"labels": set()}}, "REMOVE #n0"),
    ({"set": {"notes": field("status")}}, "SET #n0 = #n1"),
    ({"copy": {"notes": "status"}}, "SET #n0 = #n1"),
    ({"copy": {"notes": field("status")}}, "SET #n0 = #n1"),
    ({"remove": [field("notes"), "total"]}, "REMOVE #n0, #n1"),
    ({"remove": "notes"}, "REMOVE #n0"),
    ({"set_if_absent": {"notes": "x"}}, "SET #n0 = if_not_exists(#n0, :v0)"),
    ({"add": {"total": 1}, "set": {"notes": "x"}}, "SET #n0 = :v0 ADD #n1 :v1"),
    ({"add": [("lines[0].qty", 1)]}, "SET #n0[0].#n1 = if_not_exists(#n0[0].#n1, :v0) + :v1"),
    ({"append": {"lines": []}}, "SET #n0 = list_append(if_not_exists(#n0, :v0), :v1)"),
    ({"prepend": {"lines": []}}, "SET #n0 = list_append(:v0, if_not_exists(#n0, :v1))"),
    ({"add_to_set": {"labels": {"a"}}}, "ADD #n0 :v0"),
    ({"delete_from_set": {"labels": {"a"}}}, "DELETE #n0 :v0"),
]


@pytest.mark.parametrize(("members", "text"), UPDATES, ids=[text for _, text in UPDATES])
def test_an_update_has_one_text(members: dict[str, Any], text: str) -> None:
    assert updated(**members)[0] == text


def test_subtract_keeps_all_38_digits() -> None:
    number = Decimal(12345678901234567890123456789012345678)
    assert updated(subtract={"total": number})[1]["ExpressionAttributeValues"] == {
        ":v0": {"N": "-12345678901234567890123456789012345678"}
    }


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, errors.ValidationFailedError),
        ({"set": {}}, errors.ValidationFailedError),
        ({"set": {"number": 2}}, errors.ValidationFailedError),
        ({"set": {"total": 2}, "sett": {"notes": "x"}}, errors.ValidationFailedError),
        ({"set": {"unknown": 2}}, errors.ValidationFailedError),
        ({"set": {"lines[0].unknown": 2}}, errors.ValidationFailedError),
        ({"set": {"lines[0]": {"sku": "x"}, "lines[0].qty": 2}}, errors.ValidationFailedError),
        ({"set": ["total"]}, errors.ValidationFailedError),
        ({"remove": ["lines[0].sku"]}, errors.ValidationFailedError),
        ({"add": {"total": None}}, errors.ValidationFailedError),
        ({"add": {"notes": 1}}, errors.InvalidOperatorError),
        ({"add": {"total": field("number")}}, errors.InvalidOperatorError),
        ({"append": {"labels": ["x"]}}, errors.InvalidOperatorError),
        ({"append": {"lines": 5}}, errors.ValidationFailedError),
        ({"add_to_set": {"labels": set()}}, errors.ValidationFailedError),
        ({"add_to_set": {"labels": "abc"}}, errors.ValidationFailedError),
    ],
    ids=repr,
)
def test_a_wrong_update_is_refused(members: dict[str, Any], error: type[errors.DynamORMError]) -> None:
    with pytest.raises(error):
        updated(**members)


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"set": {"number": 2}, "copy": {"notes": ["lines", ""]}}, None),
        ({"set": {"number": 2, "unknown": 1}}, "number"),
        ({"set": {"unknown": 1, "number": 2}}, "unknown"),
        ({"add": {"notes": 1}, "set": {"total": "x"}}, "total"),
        ({"set": {"lines[0].sku": "x", "lines[0]": 5}}, "lines[0]"),
        ({"add_to_set": {"labels": {"a"}}, "delete_from_set": {"labels": {1}, "notes": {"a"}}}, "labels"),
    ],
    ids=repr,
)
def test_of_several_things_wrong_with_an_update_the_first_is_told(members: dict[str, Any], path: str | None) -> None:
    with pytest.raises(errors.DynamORMError) as caught:
        updated(**members)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("paths", "text"),
    [
        (["total", "notes"], "#n0, #n1"),
        (["total", "total"], "#n0"),
        (["lines[0].sku", "lines", "lines[1]"], "#n0"),
        ([["lines", 0, "sku"]], "#n0[0].#n1"),
        ([field("lines")], "#n0"),
    ],
    ids=repr,
)
def test_a_projection_lists_each_place_once(paths: list[Any], text: str) -> None:
    assert Compiler(SCOPE, Placeholders()).projection(paths) == text


@pytest.mark.parametrize("paths", [[], ["unknown"], ["total.x"], ["lines.sku"], ["labels[0]"], "total"], ids=repr)
def test_a_projection_of_nothing_or_of_the_unknown_is_refused(paths: Any) -> None:
    with pytest.raises(errors.ValidationFailedError):
        Compiler(SCOPE, Placeholders()).projection(paths)


def test_a_condition_without_end_is_refused() -> None:
    condition = field("total") == 1
    for _ in range(5000):
        condition = ~condition
    with pytest.raises(errors.ValidationFailedError):
        compiled(condition)
