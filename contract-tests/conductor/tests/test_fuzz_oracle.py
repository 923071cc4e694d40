"""The oracle of reads: what plain code says of a table, and that it sees each kind of wrong answer."""

from __future__ import annotations

import random
from typing import Any

import pytest
from dynamorm_contract.fuzz.oracle import Heap, holds
from dynamorm_contract.fuzz.reads import Reads

ITEMS: list[dict[str, Any]] = [
    {"pk": {"S": "p"}, "sk": {"S": "é"}, "name": {"S": "a"}, "rank": {"N": "10"}},
    {"pk": {"S": "p"}, "sk": {"S": "z"}, "rank": {"N": "2"}, "tags": {"SS": ["x"]}},
    {"pk": {"S": "q"}, "sk": {"S": "a"}, "name": {"S": "a"}, "rank": {"N": "-1"}},
]


@pytest.fixture
def heap() -> Heap:
    reads = Reads(random.Random(1))  # noqa: S311 - a table of a test
    reads.document()
    reads.model["indexes"][0]["projection"] = {"type": "KEYS_ONLY"}
    out = Heap(reads.model)
    for item in ITEMS:
        out.put(item)
    return out


def test_items_are_sorted_by_the_bytes_of_text_and_by_the_value_of_numbers(heap: Heap) -> None:
    assert heap.found({"partition": {"S": "p"}}) == [ITEMS[1], ITEMS[0]]
    assert heap.found({"partition": {"S": "p"}, "index": "by-rank", "order": "desc"}) == [ITEMS[0], ITEMS[1]]
    assert heap.found({"partition": {"S": "a"}, "index": "by-name"}) == [ITEMS[2], ITEMS[0]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (["gt", "rank", {"N": "2"}], [True, False, False]),
        (["ne", "name", {"S": "b"}], [True, True, True]),
        (["eq", "name", {"S": "b"}], [False, False, False]),
        (["contains", "tags", {"S": "x"}], [False, True, False]),
        (["not", ["exists", "name"]], [False, True, False]),
        (["or", ["between", "rank", {"N": "-1"}, {"N": "0"}], ["in", "rank", [{"N": "10.0"}]]], [True, False, True]),
    ],
)
def test_a_condition_means_what_dynamodb_means(condition: list[Any], expected: list[bool]) -> None:
    assert [holds(condition, item) for item in ITEMS] == expected


@pytest.mark.parametrize(
    ("args", "items", "right"),
    [
        ({"partition": {"S": "p"}}, [ITEMS[1], ITEMS[0]], True),
        ({"partition": {"S": "p"}}, [ITEMS[0], ITEMS[1]], False),
        ({"partition": {"S": "p"}}, [ITEMS[1]], False),
        ({"partition": {"S": "p"}}, [ITEMS[1], ITEMS[1]], False),
        ({"partition": {"S": "p"}}, [ITEMS[1], ITEMS[2]], False),
        ({"partition": {"S": "p"}, "limit": 1}, [ITEMS[1]], True),
        ({"partition": {"S": "a"}, "index": "by-name"}, [ITEMS[2], ITEMS[0]], True),
        ({"partition": {"S": "p"}, "index": "by-rank"}, [{**ITEMS[1], "tags": {"SS": ["y"]}}, ITEMS[0]], False),
        ({}, [ITEMS[2], ITEMS[0], ITEMS[1]], True),
    ],
)
def test_a_wrong_answer_is_seen(heap: Heap, args: dict[str, Any], items: list[dict[str, Any]], right: bool) -> None:  # noqa: FBT001 - a row of the table
    assert (heap.wrong("query", args, {"items": items, "cursor": None}) is None) == right


def test_a_wrong_count_and_a_wrong_first_item_are_seen(heap: Heap) -> None:
    args = {"partition": {"S": "p"}}
    assert heap.wrong("count", args, {"count": 2}) is None
    assert heap.wrong("count", args, {"count": 3}) is not None
    assert heap.wrong("first", args, {"item": ITEMS[1]}) is None
    assert heap.wrong("first", args, {"item": ITEMS[0]}) is not None
    assert heap.wrong("first", args, {"item": None}) is not None
