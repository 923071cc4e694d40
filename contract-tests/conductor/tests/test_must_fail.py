"""The must-fail set: a case for every failure code, every check of the executor, every member of an error and of a request, every operator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from dynamorm_contract.catalogue import load_catalogue
from dynamorm_contract.load import ROOT, SUITE, Case, Loader, Models, case_schema
from dynamorm_contract.match import OPERATORS
from dynamorm_contract.selftest import BLINDABLE
from dynamorm_contract.sites import EXECUTOR, failure_sites

if TYPE_CHECKING:
    from collections.abc import Iterator


def _load(folder: str) -> list[Case]:
    return Loader(Models.load(SUITE / "models"), load_catalogue(ROOT / "spec")).folder(SUITE / folder)


@pytest.fixture(scope="module")
def must_fail() -> list[Case]:
    return _load("selftest/must-fail")


def places(cases: list[Case], code: str) -> set[str]:
    return {case.body["must_fail"]["at"] for case in cases if case.body["must_fail"]["code"] == code}


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from keys(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys(member)


def requests(cases: list[Case]) -> Iterator[dict[str, Any]]:
    for case in cases:
        for exchange in (exchange for step in case.body["steps"] for exchange in step.get("wire", [])):
            request = exchange.get("request", {})
            yield request.get("$$partial") or request.get("$$exact") or request


def test_every_failure_code_has_a_case(must_fail: list[Case]) -> None:
    codes = case_schema()["$defs"]["case"]["properties"]["must_fail"]["properties"]["code"]["enum"]
    assert {case.body["must_fail"]["code"] for case in must_fail} == set(codes) == set(BLINDABLE)


def test_every_member_of_an_error_has_a_case(must_fail: list[Case]) -> None:
    members = case_schema()["$defs"]["error"]["properties"]
    shown = {at.split("/expect/error/")[1].split("/")[0] for at in places(must_fail, "ERROR_MISMATCH") if "/expect/error/" in at}
    assert set(members) == shown


def test_every_member_of_a_request_has_a_case(must_fail: list[Case]) -> None:
    members = {member for request in requests(_load("cases")) for member in request if not member.startswith("$$")}
    shown = {at.split("/request/")[1].split("/")[0] for at in places(must_fail, "WIRE_MISMATCH") if "/request/" in at}
    assert sorted(members - shown) == []


def test_every_operator_has_a_case(must_fail: list[Case]) -> None:
    used = {key for case in must_fail for step in case.body["steps"] for key in keys([step["expect"], step.get("wire", [])]) if key.startswith("$$")}
    assert sorted({*OPERATORS, "$$exact"} - used) == []


def test_every_check_of_the_executor_is_found_in_its_code() -> None:
    sites = failure_sites(EXECUTOR.read_text(encoding="utf-8"))
    assert len(sites) > 15
    assert {"_open", "_search", "_judge", "_answered", "_beside", "_compare", "_error", "_wire", "_request", "_outcome", "_filled", "_captures_at"} == {
        site.function for site in sites
    }


def test_a_new_check_is_a_new_site() -> None:
    source = 'def f():\n    raise Failure("A", "/", "x")\ndef g():\n    _raise_first("B",\n        found)\ndef _raise_first():\n    raise Failure("C", "/", "x")\n'
    assert [(site.function, site.first, site.last) for site in failure_sites(source)] == [("f", 2, 2), ("g", 4, 5)]


def test_the_places_of_the_must_fail_set_differ_enough(must_fail: list[Case]) -> None:
    pairs = {json.dumps(case.body["must_fail"], sort_keys=True) for case in must_fail}
    assert len(pairs) > len(BLINDABLE) * 4
