"""Plain values become tagged ones by the model."""

from __future__ import annotations

import pytest
from dynamorm_contract.load import SUITE, Models
from dynamorm_contract.match import CaseError
from dynamorm_contract.tagging import attribute_at, split_path, tag_arguments, tag_condition, tag_expected, tag_members

MODELS = Models.load(SUITE / "models").models
EVERYTHING, ORDER = MODELS["Everything"], MODELS["Order"]


def test_values_take_the_tag_of_their_attribute() -> None:
    plain = {
        "id": "e",
        "whole": 5,
        "price": "1.50",
        "flag": True,
        "words": ["a"],
        "bin": "AQ==",
        "yes_no": False,
        "stamp": "t",
        "items": [1, None],
        "doc": {"M": {"x": {"S": "y"}}},
    }
    assert tag_members(EVERYTHING, plain) == {
        "id": {"S": "e"},
        "whole": {"N": "5"},
        "price": {"N": "1.50"},
        "flag": {"BOOL": True},
        "words": {"SS": ["a"]},
        "bin": {"B": "AQ=="},
        "yes_no": {"S": "false"},
        "stamp": {"S": "t"},
        "items": {"L": [{"N": "1"}, {"NULL": True}]},
        "doc": {"M": {"x": {"S": "y"}}},
    }


def test_nested_values_take_the_tags_of_their_declarations() -> None:
    tagged = tag_members(ORDER, {"lines": [{"sku": "a", "qty": 1, "tags": ["x"]}], "address": {"floor": 0}})
    assert tagged == {"lines": {"L": [{"M": {"sku": {"S": "a"}, "qty": {"N": "1"}, "tags": {"SS": ["x"]}}}]}, "address": {"M": {"floor": {"N": "0"}}}}


def test_json_attributes_travel_as_text_and_compare_as_values() -> None:
    assert tag_members(EVERYTHING, {"data": {"a": 1}}) == {"data": {"S": '{"a": 1}'}}
    assert tag_members(EVERYTHING, {"data": {"a": 1}}, expected=True) == {"data": {"$$json": '{"a": 1}'}}


def test_large_unquoted_numbers_are_refused() -> None:
    with pytest.raises(CaseError):
        tag_members(EVERYTHING, {"big": 2**53 + 1})


def test_conditions_are_tagged_by_path() -> None:
    condition = ["and", ["eq", "lines[0].qty", 2], ["contains", "labels", "a"], ["gt", {"size": "notes"}, 1], ["eq", "total", {"attr": "quantity"}]]
    assert tag_condition(ORDER, condition) == [
        "and",
        ["eq", "lines[0].qty", {"value": {"N": "2"}}],
        ["contains", "labels", {"value": {"S": "a"}}],
        ["gt", {"size": "notes"}, {"value": {"N": "1"}}],
        ["eq", "total", {"attr": "quantity"}],
    ]


def test_update_members_become_lists_of_pairs_in_the_callers_order() -> None:
    tagged = tag_arguments(
        {"Order": ORDER},
        "Order",
        "update",
        {"key": {"customer_id": "c", "order_id": "o"}, "set": {"total": "1", "status": "paid"}, "copy": {"notes": "extra"}, "expected_version": 3},
    )
    assert tagged["set"] == [["total", {"value": {"N": "1"}}], ["status", {"value": {"S": "paid"}}]]
    assert tagged["copy"] == [["notes", "extra"]]
    assert tagged["expected_version"] == {"N": "3"}


def test_paths_lead_through_maps_and_lists() -> None:
    assert split_path("lines[0].sku") == ["lines", 0, "sku"]
    found = attribute_at(ORDER, ["lines", 0, "qty"])
    assert found is not None
    assert found["format"] == "int"
    assert attribute_at(ORDER, "extra.deep") is None


def test_an_open_expectation_keeps_its_operator() -> None:
    assert tag_expected({"Order": ORDER}, "Order", "get", {"item": {"$$partial": {"total": "1"}}}) == {"item": {"$$partial": {"total": {"N": "1"}}}}


def test_a_read_is_tagged_by_the_keys_that_it_goes_by() -> None:
    given = {"index": "by-status", "partition": "open", "sort": ["between", "a", "b"], "filter": ["gt", "total", 1]}
    assert tag_arguments({"Order": ORDER}, "Order", "query", given) == {
        "index": "by-status",
        "partition": {"value": {"S": "open"}},
        "sort": ["between", {"S": "a"}, {"S": "b"}],
        "filter": ["gt", "total", {"value": {"N": "1"}}],
    }
    assert tag_arguments({"Order": ORDER}, "Order", "query", {"partition": {"customer_id": "c"}, "sort": {"parts": {"order_id": "o"}}}) == {
        "partition": {"map": {"customer_id": {"S": "c"}}},
        "sort": {"parts": {"order_id": {"S": "o"}}},
    }


def test_the_items_of_several_models_are_tagged_by_their_own() -> None:
    wanted = {"items": [{"model": "Order", "item": {"total": "1"}}, {"$$partial": {"quantity": 2}}], "cursor": None}
    assert tag_expected({"Order": ORDER}, "Order", "query", wanted) == {
        "items": [{"model": "Order", "item": {"total": {"N": "1"}}}, {"$$partial": {"quantity": {"N": "2"}}}],
        "cursor": None,
    }
