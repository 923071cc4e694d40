"""The matcher and the expressions: closed by default, numbers and sets by meaning, placeholders sound."""

from __future__ import annotations

from typing import Any

import pytest
from dynamorm_contract.exprs import ExpressionError, normalise, parse
from dynamorm_contract.match import ABSENT, CaseError, Context, UndefinedCaptureError, match, match_unordered


def differs(want: Any, got: Any, **context: Any) -> bool:
    return bool(match(want, got, Context(**context)))


@pytest.mark.parametrize(
    ("want", "got", "equal"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        (True, 1, False),
        ("1", 1, False),
        ({"N": "1.0"}, {"N": "1"}, True),
        ({"N": "1"}, {"N": "2"}, False),
        ({"N": "1"}, {"S": "1"}, False),
        ({"SS": ["b", "a"]}, {"SS": ["a", "b"]}, True),
        ({"SS": ["a"]}, {"SS": ["a", "a"]}, False),
        ({"NS": ["1.0", "2"]}, {"NS": ["2", "1"]}, True),
        ({"$$partial": {"a": 1}}, {"a": 1, "b": 2}, True),
        ({"$$partial": {"a": {"c": 1}}}, {"a": {"c": 1, "d": 2}}, False),
        ({"a": {"$$exists": False}}, {}, True),
        ({"a": {"$$exists": False}}, {"a": 1}, False),
        ({"a": {"$$absent_or": 1}}, {}, True),
        ({"a": {"$$absent_or": 1}}, {"a": 2}, False),
        ({"$$any": True}, None, True),
        ({"$$type": "list"}, [], True),
        ({"$$type": "map"}, [], False),
        ({"$$regex": "a+"}, "aaa", True),
        ({"$$regex": "a+"}, "aab", False),
        ({"$$unordered": [1, {"$$any": True}]}, [7, 1], True),
        ({"$$unordered": [1, 1]}, [1, 2], False),
        ({"$$lte": 5}, {"N": "5"}, True),
        ({"$$gte": 5}, {"N": "4.9"}, False),
        ({"$$b64": {"len": 2}}, "AQI=", True),
        ({"$$b64": {"len": 3}}, "AQI=", False),
        ({"$$one_of": [1, 2]}, 2, True),
        ({"$$one_of": [1, 2]}, 3, False),
        ({"$$json": '{"a":1.0}'}, {"S": '{"a":1}'}, True),
        ({"$$json": "1"}, {"S": "true"}, False),
    ],
)
def test_a_comparison_says_whether_values_are_equal(want: Any, got: Any, equal: bool) -> None:  # noqa: FBT001 - a row of the table
    assert differs(want, got) is not equal


def test_numbers_compare_by_text_in_requests() -> None:
    assert differs({"N": "1.0"}, {"N": "1"}, exact_numbers=True)
    assert differs({"NS": ["1.0"]}, {"NS": ["1"]}, exact_numbers=True)


def test_sets_compare_in_order_where_asked() -> None:
    assert differs({"SS": ["b", "a"]}, {"SS": ["a", "b"]}, exact_sets=True)


def test_absent_is_no_value() -> None:
    assert match({"$$any": True}, ABSENT, Context())


def test_a_capture_is_compared_and_an_unknown_one_is_an_error() -> None:
    assert not differs({"$$ref": "x"}, 5, captures={"x": 5})
    assert differs({"$$not_ref": "x"}, 5, captures={"x": 5})
    with pytest.raises(UndefinedCaptureError):
        match({"$$ref": "y"}, 5, Context())


@pytest.mark.parametrize("want", [{"$$nosuch": 1}, {"$$any": True, "a": 1}])
def test_a_wrong_operator_is_an_error_of_the_case(want: Any) -> None:
    with pytest.raises(CaseError):
        match(want, {}, Context())


def test_bags_are_matched_by_any_pairing() -> None:
    assert not match_unordered([{"$$any": True}, {"a": 1}], [{"a": 1}, {"a": 2}], Context(), "")
    assert match_unordered([{"a": 1}, {"a": 1}], [{"a": 1}, {"a": 2}], Context(), "")


def same(left: str, right: str, kind: str = "condition") -> bool:
    return bool(parse(left, kind)[0] == parse(right, kind)[0])


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ('a = {"S":"x"} AND b = {"N":"1"}', 'b = {"N":"1"} AND a = {"S":"x"}', True),
        ("attribute_exists(a)", "attribute_not_exists(a)", False),
        ('(a = {"S":"x"})', 'a = {"S":"x"}', True),
        ('a = {"S":"x"} AND (b = {"S":"y"} OR attribute_exists(c))', 'a = {"S":"x"} AND b = {"S":"y"} OR attribute_exists(c)', False),
        ('a IN ({"S":"x"}, {"S":"y"})', 'a IN ({"S":"y"}, {"S":"x"})', True),
        ('a < {"N":"1"}', 'a <= {"N":"1"}', False),
        ('NOT a = {"S":"x"}', 'a = {"S":"x"}', False),
        ("a.b = c", "a = b.c", False),
        ("a[0] = c", "a[1] = c", False),
        ("`a.b` = c", "a.b = c", False),
        ('a BETWEEN {"N":"1"} AND {"N":"2"}', 'a BETWEEN {"N":"2"} AND {"N":"1"}', False),
        ('contains(a, {"SS":["x","y"]})', 'contains(a, {"SS":["y","x"]})', True),
        ('a = {"BOOL":true}', 'a = {"N":"1"}', False),
    ],
)
def test_conditions_compare_by_meaning(left: str, right: str, equal: bool) -> None:  # noqa: FBT001 - a row of the table
    assert same(left, right) is equal


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ('SET a = {"S":"x"}, b = c', 'SET b = c, a = {"S":"x"}', True),
        ('ADD v {"N":"1"} SET a = {"S":"x"}', 'SET a = {"S":"x"} ADD v {"N":"1"}', True),
        ('SET a = list_append(a, {"L":[]})', 'SET a = list_append({"L":[]}, a)', False),
        ("REMOVE a, b", "REMOVE b, a", True),
        ('SET a = if_not_exists(a, {"N":"0"}) + {"N":"1"}', 'SET a = if_not_exists(a, {"N":"0"}) - {"N":"1"}', False),
    ],
)
def test_updates_compare_by_meaning(left: str, right: str, equal: bool) -> None:  # noqa: FBT001 - a row of the table
    assert same(left, right, "update") is equal


def test_placeholders_are_inlined() -> None:
    body = {
        "TableName": "t",
        "ConditionExpression": "#n0 = :v0",
        "ExpressionAttributeNames": {"#n0": "odd.name"},
        "ExpressionAttributeValues": {":v0": {"S": "x"}},
    }
    assert normalise(body) == normalise({"TableName": "t", "ConditionExpression": '`odd.name` = {"S":"x"}'})


@pytest.mark.parametrize(
    "body",
    [
        {"ConditionExpression": "#n0 = :v0", "ExpressionAttributeNames": {"#n0": "a"}},
        {"ConditionExpression": "attribute_exists(#n0)", "ExpressionAttributeNames": {"#n0": "a", "#n1": "b"}},
        {"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeNames": {}},
        {"ConditionExpression": "a = "},
        {"ConditionExpression": "a = b c"},
        {"UpdateExpression": "SET a = b SET c = d"},
    ],
)
def test_unsound_expressions_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError):
        normalise(body)
