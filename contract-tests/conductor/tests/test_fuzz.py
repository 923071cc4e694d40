"""The fuzzer: the same seed gives the same programs, a planted fault is found and made small, and what it writes is a case file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from dynamorm_contract.catalogue import load_catalogue
from dynamorm_contract.fuzz.hunt import Finding, different, lost
from dynamorm_contract.fuzz.meaning import meant
from dynamorm_contract.fuzz.shrink import shrink
from dynamorm_contract.fuzz.steps import Program, programs
from dynamorm_contract.fuzz.write import case_file, write_case
from dynamorm_contract.load import ROOT, Loader, Models, case_schema

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = ["pure", "wire", "live"]


def test_the_same_seed_gives_the_same_programs() -> None:
    assert programs("a", TARGETS, 200) == programs("a", TARGETS, 200)
    assert programs("a", TARGETS, 200) != programs("b", TARGETS, 200)


def test_there_are_as_many_steps_as_asked_for_on_the_targets_asked_for() -> None:
    found = programs("a", ["pure", "wire"], 101)
    assert sum(len(program.steps) for program in found) == 101
    assert {program.target for program in found} == {"pure", "wire"}


def test_every_operation_and_type_turns_up() -> None:
    found = programs("a", TARGETS, 3000)
    done = {step["do"] for program in found for step in program.steps}
    assert done >= {"create", "put", "save", "get", "find", "exists", "update", "delete", "fn.marshal", "fn.unmarshal", "fn.size", "fn.expression", "fn.dms.load"}
    attributes = [attribute for program in found for attribute in program.document["models"][0]["attributes"]]
    assert {attribute["type"] for attribute in attributes} == {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"}
    text = json.dumps([program.steps for program in found])
    clauses = ("set", "set_if_absent", "add", "subtract", "append", "prepend", "remove", "copy", "add_to_set", "delete_from_set", "condition", "upsert")
    assert [name for name in clauses if f'"{name}"' not in text] == []


def holds_an_emoji(program: Program) -> bool:
    """Stand for a fault: whatever writes the emoji into an item goes wrong."""
    return any("😀" in json.dumps(step["args"].get("item", {}), ensure_ascii=False) for step in program.steps)


def test_a_planted_fault_is_made_small() -> None:
    big = next(program for program in programs("plant", ["wire"], 3000) if holds_an_emoji(program) and len(program.steps) > 4)
    small = shrink(big, holds_an_emoji)
    assert holds_an_emoji(small)
    assert len(small.steps) == 1
    assert len(small.document["models"][0]["attributes"]) <= 3
    assert len(json.dumps(small.steps, ensure_ascii=False)) < 300


def test_shrinking_ends_after_so_many_attempts() -> None:
    tried: list[Program] = []
    big = programs("plant", ["wire"], 12)[0]
    shrink(big, lambda candidate: bool(tried.append(candidate)), attempts=5)  # type: ignore[func-returns-value]
    assert len(tried) == 5


def program(*steps: dict[str, Any], kind: str = "wire") -> Program:
    model = {
        "name": "Fuzz",
        "table": {"name": "fuzz-0"},
        "keys": {"partition": {"attribute": "pk", "type": "S"}},
        "attributes": [
            {"attribute": "pk", "type": "S", "required": True},
            {"attribute": "at", "type": "S", "format": "timestamp"},
            {"attribute": "n", "type": "N", "omit_empty": True},
        ],
    }
    return Program(kind, {"dms_version": "1.0", "models": [model]}, {}, list(steps))


PUT: dict[str, Any] = {"do": "put", "on": "Fuzz", "args": {"item": {"pk": {"S": "a"}, "n": {"N": "1.0"}}}, "expect": {"result": {"$$any": True}}}
FIND: dict[str, Any] = {"do": "find", "on": "Fuzz", "args": {"key": {"pk": {"S": "a"}}}, "expect": {"result": {"$$any": True}}}


def transcript(number: str, found: str | None = None) -> list[dict[str, Any]]:
    item = {"pk": {"S": "a"}, "n": {"N": number}}
    out: list[dict[str, Any]] = [{"do": "put", "wire": [{"op": "PutItem", "body": {"TableName": "fuzz-0", "Item": item}}], "answer": {"result": {"item": item}}}]
    return out if found is None else [*out, {"do": "find", "wire": [], "answer": {"result": {"item": {"pk": {"S": "a"}, "n": {"N": found}}}}}]


def test_a_difference_keeps_its_kind_while_its_place_moves() -> None:
    found = different(program(PUT), {"py": transcript("1"), "ts": transcript("1"), "go": transcript("1.0")})
    assert isinstance(found, Finding)
    assert found.kind == "difference in wire (0,0,2)"
    assert "go" in found.text


def test_what_is_read_otherwise_than_written_is_found() -> None:
    steps = program(PUT, FIND, kind="live")
    assert lost(steps, {"py": transcript("1", "1")}) is None
    found = lost(steps, {"py": transcript("1", "2")})
    assert found is not None
    assert found.kind == "round trip"


def test_the_oracle_knows_what_a_value_means() -> None:
    model = program().document["models"][0]
    written = {"pk": {"S": "a"}, "at": {"S": "2026-01-02t03:04:05.10+02:00"}, "n": {"N": "0.00"}}
    assert meant(model, written) == meant(model, {"pk": {"S": "a"}, "at": {"S": "2026-01-02T01:04:05.100000Z"}})


def test_a_finding_is_a_case_file_that_loads(tmp_path: Path) -> None:
    transcripts = {"py": transcript("1"), "ts": transcript("1"), "go": transcript("1.0")}
    body = case_file(program(PUT), transcripts, "7")
    jsonschema.Draft202012Validator(case_schema()).validate(body)
    assert body["cases"][0]["steps"][0]["wire"][0]["request"]["$$exact"]["Item"]["n"] == {"N": "1"}
    text = write_case(tmp_path, program(PUT), transcripts, "7")
    assert "fuzz-finding" in text
    loaded = Loader(Models.load(tmp_path / "models"), load_catalogue(ROOT / "spec"), foreign=True).folder(tmp_path / "cases")
    assert [case.id for case in loaded] == ["foreign/fuzz-finding"]


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_every_program_can_be_written_as_a_case_file(seed: str, tmp_path: Path) -> None:
    for index, one in enumerate(programs(seed, ["pure", "wire"], 60)):
        answers: list[dict[str, Any]] = [{"do": step["do"], "wire": [], "answer": {"error": {"code": "ValidationFailed", "origin": "client"}}} for step in one.steps]
        folder = tmp_path / str(index)
        write_case(folder, one, {"py": answers}, seed)
        assert Loader(Models.load(folder / "models"), load_catalogue(ROOT / "spec"), foreign=True).folder(folder / "cases")
