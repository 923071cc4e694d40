"""The coverage lock: what it holds, how it reads, and everything that a run refuses because of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dynamorm_contract import __main__ as program
from dynamorm_contract import coverage as proof
from dynamorm_contract.catalogue import Catalogue, Requirement, load_catalogue
from dynamorm_contract.coverage import Entry, Retired
from dynamorm_contract.execute import Verdict
from dynamorm_contract.load import ROOT, SUITE, Case
from dynamorm_contract.suite import Language, LanguageRun, Result, load_cases

if TYPE_CHECKING:
    from collections.abc import Iterable

OLD = {"DMS-AAA-001": Entry("0123456789ab", frozenset({"p0-one", "p0-two"}))}


def catalogue(*rows: tuple[str, str], reviewed: Iterable[str] = ()) -> Catalogue:
    sentences = {name: Requirement(name, "MUST", "text", name in set(reviewed), sha * 4) for name, sha in rows}
    return Catalogue(sentences, {}, frozenset(), frozenset())


def case(name: str, *covers: str) -> Case:
    return Case(name, name.split("/", maxsplit=1)[0], "P0", {"covers": list(covers), "targets": ["pure"]}, {}, [], Path())


def run(language: str, *results: tuple[str, str, str]) -> LanguageRun:
    lines = [Result(name, name, "P0", "pure", [requirement], foreign=False, verdict=Verdict(status)) for name, requirement, status in results]
    return LanguageRun(Language(language, language, [], [], []), results=lines)


SPEC = catalogue(("DMS-AAA-001", "0123456789ab"))
CASES = [case("p0-one", "DMS-AAA-001"), case("p0-two", "DMS-AAA-001")]


def test_nothing_changed_nothing_said() -> None:
    assert proof.problems(SPEC, CASES, OLD, Retired()) == []


def test_what_is_new_needs_nobodys_look() -> None:
    spec = catalogue(("DMS-AAA-001", "0123456789ab"), ("DMS-BBB-001", "ffffffffffff"))
    cases = [*CASES, case("p0-three/row", "DMS-AAA-001", "DMS-BBB-001")]
    assert proof.problems(spec, cases, OLD, Retired()) == []
    assert proof.additions(OLD, proof.current(spec, cases)) == 2


def test_a_changed_text_is_refused() -> None:
    found = proof.problems(catalogue(("DMS-AAA-001", "ffffffffffff")), CASES, OLD, Retired())
    assert found == ["DMS-AAA-001: its text changed; see that its cases still prove it, then `coverage --update`"]


def test_a_lost_citation_is_refused() -> None:
    found = proof.problems(SPEC, [case("p0-one", "DMS-AAA-001"), case("p0-two")], OLD, Retired())
    assert found == ["DMS-AAA-001: no longer cited by p0-two; see that the others prove it, then `coverage --update`"]


def test_a_case_that_is_gone_has_to_be_retired() -> None:
    assert "p0-two is gone: put it into retired-ids.yaml, with the reason" in proof.problems(SPEC, CASES[:1], OLD, Retired())
    assert [line.split(":")[0] for line in proof.problems(SPEC, CASES[:1], OLD, Retired(cases=frozenset({"p0-two"})))] == ["DMS-AAA-001"]


def test_a_requirement_that_is_gone_has_to_be_retired() -> None:
    spec = catalogue(("DMS-BBB-001", "ffffffffffff"))
    cases = [case("p0-one", "DMS-BBB-001"), case("p0-two", "DMS-BBB-001")]
    assert proof.problems(spec, cases, OLD, Retired()) == ["DMS-AAA-001 is gone: put it into retired-ids.yaml, with the reason"]
    assert proof.problems(spec, cases, OLD, Retired(requirements=frozenset({"DMS-AAA-001"}))) == []


def test_a_retired_id_is_not_used_again() -> None:
    retired = Retired(frozenset({"p0-one"}), frozenset({"DMS-AAA-001"}))
    assert [line.split()[0] for line in proof.reused(SPEC, CASES, retired)] == ["DMS-AAA-001", "p0-one"]


def test_at_most_a_tenth_is_left_to_review() -> None:
    names = [(f"DMS-AAA-{number:03}", "0123456789ab") for number in range(10)]
    assert proof.too_much_review(catalogue(*names, reviewed=["DMS-AAA-000"])) == []
    (found,) = proof.too_much_review(catalogue(*names, reviewed=["DMS-AAA-000", "DMS-AAA-009"]))
    assert found == "2 of 10 requirements are left to review, more than 10 %: DMS-AAA-000, DMS-AAA-009"


@pytest.mark.parametrize("status", ["fail", "error", "not_supported", "known_failure"])
def test_a_rule_needs_a_case_that_passes_in_every_language(status: str) -> None:
    good, bad = run("py", ("p0-one", "DMS-AAA-001", "pass")), run("go", ("p0-one", "DMS-AAA-001", status))
    assert proof.uncovered(SPEC, [good]) == []
    assert proof.uncovered(SPEC, [good, bad]) == ["DMS-AAA-001: no case that passes in every language proves it"]
    assert proof.uncovered(SPEC, [good, run("ts")]) == proof.uncovered(SPEC, [run("py")])


def test_a_lock_is_one_sorted_line_a_requirement_and_reads_back() -> None:
    lock = {"DMS-BBB-001": Entry("ffffffffffff", frozenset()), **OLD}
    text = proof.render(lock)
    assert text.splitlines()[1:] == ["DMS-AAA-001 0123456789ab p0-one p0-two", "DMS-BBB-001 ffffffffffff"]
    assert proof.parse(text) == lock


def test_the_repository_has_nothing_to_complain_about() -> None:
    spec = load_catalogue(ROOT / "spec")
    lock = proof.parse(program.LOCK.read_text(encoding="utf-8"))
    assert proof.problems(spec, load_cases(spec, None), lock, proof.load_retired(SUITE / "retired-ids.yaml")) == []
    assert program.stale_index() == []


def test_a_word_of_rfc_2119_without_an_id_and_a_sentence_given_twice_stop_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spec").mkdir()
    page = tmp_path / "spec/10-page.md"
    page.write_text("A value MUST be there.\n\n> **DMS-AAA-001** (MUST) One.\n\n> **DMS-AAA-001** (MUST) Two.\n", encoding="utf-8")
    monkeypatch.setattr(program, "ROOT", tmp_path)
    first, second = program.stale_index()
    assert "`MUST` stands outside a requirement" in first
    assert "DMS-AAA-001 stands in 10-page.md already" in second


def test_an_index_that_is_not_that_of_the_pages_stops_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec/10-page.md").write_text("> **DMS-AAA-001** (MUST) One.\n", encoding="utf-8")
    (tmp_path / "spec/requirements.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(program, "ROOT", tmp_path)
    assert program.stale_index() == ["spec/requirements.json is stale: run `make generate`"]
