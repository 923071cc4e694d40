"""The mutants: enough of them, two or more for every family of the specification, and tools that change what they say."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from dynamorm_contract import tampering as t
from dynamorm_contract.catalogue import load_catalogue
from dynamorm_contract.faults import FAULTS, MUTANTS
from dynamorm_contract.load import ROOT

FEWEST = 50


def test_every_family_of_the_specification_has_two_mutants_or_more() -> None:
    families = {name.split("-")[1] for name in load_catalogue(ROOT / "spec").musts}
    short = sorted(family for family in families if len(FAULTS.get(family, ())) < 2)
    assert not short, f"plant two faults or more in faults.py for {', '.join(short)}"
    assert set(FAULTS) <= families, f"no such family: {sorted(set(FAULTS) - families)}"


def test_there_are_enough_mutants_each_with_a_name_of_its_own() -> None:
    names = Counter(mutant.name for mutant in MUTANTS)
    assert len(MUTANTS) >= FEWEST
    assert [name for name, count in names.items() if count > 1] == []
    assert {mutant.where for mutant in MUTANTS} == {"call", "request", "response", "key_request", "key_response", "answer"}


def test_dropping_an_expression_drops_its_placeholders_and_no_others() -> None:
    body = {
        "UpdateExpression": "SET #n0 = :v1",
        "ConditionExpression": "#n1 = :v0",
        "ExpressionAttributeNames": {"#n0": "a", "#n1": "b"},
        "ExpressionAttributeValues": {":v0": 1, ":v1": 2},
    }
    assert t.drop("ConditionExpression")("UpdateItem", body) == {
        "UpdateExpression": "SET #n0 = :v1",
        "ExpressionAttributeNames": {"#n0": "a"},
        "ExpressionAttributeValues": {":v1": 2},
    }


def test_an_expression_that_becomes_empty_goes() -> None:
    assert t.on_expression("ConditionExpression", lambda _text: "")("PutItem", {"ConditionExpression": "x", "Item": {}}) == {"Item": {}}


@pytest.mark.parametrize(
    ("answer", "swallowed"),
    [
        ({"id": 1, "error": {"code": "InvalidModel", "origin": "client", "path": "/models/0/keys"}}, True),
        ({"id": 1, "error": {"code": "InvalidModel", "origin": "client", "path": "/dms_version"}}, False),
        ({"id": 1, "error": {"code": "DecodeFailed", "origin": "client", "path": "/models/0/keys"}}, False),
        ({"id": 1, "result": {}}, False),
    ],
)
def test_only_the_named_error_is_swallowed(answer: dict[str, Any], swallowed: bool) -> None:  # noqa: FBT001 - a row of the table
    assert ("result" in t.swallow("InvalidModel", "^/models")("fn.dms.load", answer)) == (swallowed or "result" in answer)


def test_values_are_changed_at_every_depth() -> None:
    assert t.on_numbers(lambda text: text + "0")("", {"a": {"L": [{"N": "1"}, {"M": {"b": {"N": "2"}}}]}}) == {"a": {"L": [{"N": "10"}, {"M": {"b": {"N": "20"}}}]}}
