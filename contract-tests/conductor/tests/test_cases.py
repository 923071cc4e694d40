"""What the suite's cases hold, as data: every row of the specification's catalogues has its case."""

from __future__ import annotations

import re

import pytest
from dynamorm_contract.catalogue import load_catalogue
from dynamorm_contract.load import ROOT, SUITE, Case, Loader, Models
from dynamorm_contract.yamlload import load_yaml


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return Loader(Models.load(SUITE / "models"), load_catalogue(ROOT / "spec")).folder(SUITE / "cases")


def test_every_error_type_of_dynamodb_is_answered_once_and_mapped(cases: list[Case]) -> None:
    catalogue = load_yaml(ROOT / "spec/errors.yaml")
    expected = {aws: (row["code"], catalogue["retryable_aws"].get(aws, row["retryable"])) for row in catalogue["codes"] for aws in row["aws"]}
    del expected["ConditionalCheckFailedException"]  # what it means depends on the condition that was sent; it has cases of its own
    tried = {}
    for case in cases:
        if case.template == "p0-error-map-service":
            error = case.body["steps"][0]["expect"]["error"]
            tried[error["aws"]] = (error["code"], error["retryable"])
    del tried["SomethingNewException"]
    assert tried == expected


def test_every_line_of_the_list_has_its_cases_or_a_reason(cases: list[Case]) -> None:
    names = {case.id for case in cases} | {case.template for case in cases}
    listed = load_yaml(SUITE / "case-list.yaml")
    lines = listed["p0"] | listed["p1"] | listed["p2"] | listed["p3"] | listed["p4"]
    assert [int(line.split()[0]) for line in lines] == list(range(1, 231))
    assert [line for line, entry in lines.items() if not entry.get("cases") and not entry.get("why")] == []
    assert [(line, name) for line, entry in lines.items() for name in entry.get("cases", []) if name not in names] == []


def test_every_claim_of_the_threat_model_names_cases_that_are_there(cases: list[Case]) -> None:
    must_fail = Loader(Models.load(SUITE / "models"), load_catalogue(ROOT / "spec")).folder(SUITE / "selftest/must-fail")
    names = {case.template for case in cases + must_fail} | {case.id for case in cases}
    cited = re.findall(r"`((?:p\d|st|r)-[a-z0-9-]+[a-z0-9])`", (ROOT / "docs/guides/threat-model.md").read_text(encoding="utf-8"))
    assert len(cited) > 40
    assert [name for name in cited if name not in names] == []
