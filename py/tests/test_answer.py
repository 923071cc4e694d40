"""The shape of answers."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.errors import DecodeFailedError, ThrottledError
from dynamorm.operation import Response, shaped

KEYS = {"Keys": [{"id": {"S": "a"}}]}
WELL: list[dict[str, Any]] = [
    {},
    {"Item": {}, "ConsumedCapacity": "whatever"},
    {"Items": [{"id": {"S": "a"}}], "Count": 1, "LastEvaluatedKey": {"id": {"S": "a"}}},
    {"Responses": {"t": [{}]}, "UnprocessedKeys": {"t": KEYS, "u": {"Keys": None}}},
    {"Responses": [{}, {"Item": {}}, {"Item": None}]},
    {"UnprocessedItems": {"t": [{"PutRequest": {}}]}},
]
WRONG: list[dict[str, Any]] = [
    {"Item": []},
    {"Attributes": "x"},
    {"Items": {}},
    {"Items": [None]},
    {"Count": 1.5},
    {"Count": True},
    {"LastEvaluatedKey": []},
    {"Responses": {"t": {}}},
    {"Responses": [{"Item": "x"}]},
    {"UnprocessedItems": {"t": [5]}},
    {"UnprocessedKeys": {"t": []}},
    {"UnprocessedKeys": {"t": {"Keys": {}}}},
]


@pytest.mark.parametrize("body", WELL, ids=repr)
def test_an_answer_of_dynamodbs_shape_passes_as_it_is(body: dict[str, Any]) -> None:
    response = Response(body)
    assert shaped(response) is response


@pytest.mark.parametrize("body", WRONG, ids=repr)
def test_an_answer_of_another_shape_is_refused_and_keeps_whether_an_attempt_was_lost(body: dict[str, Any]) -> None:
    out = shaped(Response(body, unanswered=True))
    assert (type(out.error), out.body, out.unanswered) == (DecodeFailedError, {}, True)


def test_a_member_that_is_null_is_left_out() -> None:
    assert shaped(Response({"Item": None, "Count": 2})).body == {"Count": 2}


def test_an_error_is_not_looked_at() -> None:
    response = Response({"Item": "x"}, ThrottledError("later"))
    assert shaped(response) is response
