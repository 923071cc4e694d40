"""The endpoint's faults of batches, and the weather of a chaos run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dynamorm_contract.chaos import Weather
from dynamorm_contract.endpoint import Endpoint
from dynamorm_contract.match import CaseError


def ask(op: str, tables: dict[str, Any], *exchanges: dict[str, Any]) -> dict[str, Any]:
    endpoint = Endpoint()
    try:
        endpoint.reset(list(exchanges))
        answer: dict[str, Any] = json.loads(endpoint.handle(op, json.dumps({"RequestItems": tables}).encode(), {}).body)
        return answer
    finally:
        endpoint.close()


def test_entries_left_undone_come_back_as_they_were_sent_counted_over_the_tables_by_name() -> None:
    put, delete = {"PutRequest": {"Item": {"id": {"S": "a"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "b"}}}}
    answer = ask("BatchWriteItem", {"t2": [delete, put], "t1": [put]}, {"fault": {"unprocessed": [0, 1]}})
    assert answer == {"UnprocessedItems": {"t1": [put], "t2": [delete]}}


def test_keys_left_undone_keep_what_stands_beside_them() -> None:
    keys = {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "b"}}], "ConsistentRead": True}
    answer = ask("BatchGetItem", {"t": keys}, {"fault": {"unprocessed": [1]}})
    assert answer["UnprocessedKeys"] == {"t": {"Keys": [{"id": {"S": "b"}}], "ConsistentRead": True}}


def test_an_entry_that_is_not_there_is_the_fault_of_the_case() -> None:
    with pytest.raises(CaseError, match="1 entries"):
        ask("BatchWriteItem", {"t": [{"DeleteRequest": {"Key": {}}}]}, {"fault": {"unprocessed": [1]}})


def test_what_an_exchange_says_of_left_entries_is_added_to_the_engines_own() -> None:
    entry = {"DeleteRequest": {"Key": {"id": {"S": "a"}}}}
    assert ask("BatchWriteItem", {"t": [entry, entry]}, {"fault": {"unprocessed": [0, 1]}}) == {"UnprocessedItems": {"t": [entry, entry]}}


def test_the_weather_of_a_seed_is_always_the_same_and_fails_one_request_in_five() -> None:
    body = {"RequestItems": {"t": [{}, {}]}}
    days = [[weather.fault("BatchWriteItem", body) for _ in range(2000)] for weather in (Weather("1"), Weather("1"), Weather("2"))]
    assert days[0] == days[1] != days[2]
    assert 300 < sum(fault is not None for fault in days[0]) < 500
    assert {next(iter(fault)) for fault in days[0] if fault} == {"drop", "error", "unprocessed", "delay"}
