"""`dynamorm contract` on runners of the suite's own; the cases are those of one file, for reading all takes a while."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dynamorm_contract import outside
from dynamorm_contract.load import SUITE, Loader, Models

from dynamorm.cli import contract
from dynamorm.local import State

from .command import ran

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[3] / "contract-tests"
GOOD = [sys.executable, str(TESTS / "runners/py/runner.py")]
EMPTY = [sys.executable, str(TESTS / "selftest/runners/null.py")]
GOLDEN = ["--filter", "p0-create-golden"]


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(catalogue: Any, foreign: Path | None) -> list[Any]:
        models = Models.load(SUITE / "models")
        found = Loader(models, catalogue).file(SUITE / "cases/p0/create.yaml")
        return found if foreign is None else found + Loader(models, catalogue, foreign=True).folder(foreign / "cases")

    monkeypatch.setattr(outside, "load_cases", few)


def test_a_good_runner_is_green_and_the_live_target_is_said_to_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "contract", "run", *GOLDEN, "--", *GOOD)
    first, last = done.out.splitlines()
    assert (done.code, first) == (0, "P0: 1 passed, 0 failed, 0 not supported of 1")
    assert last.startswith("green: 1 of 1 ran in ")
    assert " s on dynamorm-py " in last
    assert done.err == "the live target is left out: it needs --endpoint-url or --local\n"


def test_the_facts_are_told_as_json_and_each_result_as_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results.jsonl"
    done = ran(capsys, "contract", "run", *GOLDEN, "--tier", "P0,P1", "--json", "--results", str(file), *GOOD)
    facts = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert (facts["green"], facts["planned"], facts["targets"]) == (True, 1, ["pure", "wire"])
    assert (facts["left_out"], facts["implementation"]["language"]) == (["live"], "py")
    assert facts["tiers"] == {"P0": {"planned": 1, "passed": 1, "failed": 0, "not_supported": 0}}
    (line,) = map(json.loads, file.read_text().splitlines())
    assert (line["id"], line["status"]) == ("p0-create-golden", "pass")


def test_a_target_that_is_not_asked_for_is_not_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "contract", "run", *GOLDEN, "--target", "wire", "--target", "pure", "--json", *GOOD)
    assert json.loads(done.out)["left_out"] == []


def test_a_case_that_fails_is_named_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "contract", "run", *GOLDEN, "--", *EMPTY)
    failed, numbers, last = done.out.splitlines()
    assert done.code == 1
    assert failed.startswith("failed p0-create-golden [wire] RESULT_MISMATCH at /steps/0/expect/result/item: expected ")
    assert numbers == "P0: 0 passed, 1 failed, 0 not supported of 1"
    assert last.startswith("not green: 1 of 1 ran in ")


def test_a_runner_that_cannot_be_started_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "contract", "run", *GOLDEN, "--", "no-such-runner-anywhere", "--an option")
    assert done.code == 3
    assert done.out.splitlines()[-1] == "not green: 0 of 1 ran in 0.0 s on a runner that said no name"
    assert "dynamorm: `no-such-runner-anywhere '--an option'` cannot be run: " in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tier", "P9"], "no such tier: P9; there are P0"),
        (["--target", "mock"], "no such target: mock; there are pure, wire, live"),
        (["--filter", "no-such-case"], "no case is left to run"),
        (["--cases", "."], ". has no folder cases/"),
        (["--endpoint-url", "nowhere"], "the DynamoDB at nowhere cannot be used: Invalid endpoint: nowhere"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_run_is_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    done = ran(capsys, "contract", "run", *arguments, "--", *GOOD)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"dynamorm: {sentence}")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--local", "--endpoint-url", "http://127.0.0.1:8000", "runner"],
        ["--results", "no-such-folder/file", "runner"],
        ["--target", "live", "runner"],
        ["--cases", "no-such-folder", "runner"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "contract", "run", *arguments).code == 2


def test_list_names_the_cases(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "contract", "list", "--filter", "p0-create-[ge]*")
    assert (done.code, done.err) == (0, "2 cases\n")
    assert done.out.splitlines() == [
        "p0-create-golden            P0  wire",
        "p0-create-existing-refused  P0  wire,live",
    ]
    facts = json.loads(ran(capsys, "contract", "list", *GOLDEN, "--json").out)
    assert [(one["id"], one["tier"], one["targets"]) for one in facts] == [("p0-create-golden", "P0", ["wire"])]
    assert "DMS-CRE-001" in facts[0]["covers"]
    assert ran(capsys, "contract", "list", "--tier", "P1").err == "0 cases\n"


def test_cases_of_ones_own_are_named_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (SUITE / "cases/p0/create.yaml").read_text()
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases/mine.yaml").write_text(text)
    done = ran(capsys, "contract", "list", *GOLDEN, "--cases", str(tmp_path))
    assert [line.split()[0] for line in done.out.splitlines()] == ["p0-create-golden", "foreign/p0-create-golden"]


def test_protocol_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "contract", "protocol")
    assert (done.code, done.out) == (0, (TESTS / "runners/README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("arguments", [["run", "runner"], ["list"], ["protocol"]], ids=" ".join)
def test_without_the_extra_it_says_what_to_install(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_name: str) -> None:
        raise ModuleNotFoundError("No module named 'jsonschema'", name="jsonschema")

    monkeypatch.setattr(contract, "import_module", missing)
    done = ran(capsys, "contract", *arguments)
    sentence = 'the contract suite needs more packages (jsonschema is missing): pip install "dynamorm-py[contract]"'
    assert (done.code, done.out, done.err) == (3, "", f"dynamorm: {sentence}\n")


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Start no engine, and tell what would be started and stopped."""
    told: list[str] = []

    def begin(name: str, wanted: Any) -> tuple[State, bool]:
        told.append(f"start {name} memory={wanted.memory}")
        (tmp_path / "dynamorm").mkdir()
        (tmp_path / f"dynamorm/local-{name}.log").touch()
        return State(name, "http://127.0.0.1:9", "jvm", "1", "m"), True

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(contract, "start", begin)
    monkeypatch.setattr(contract, "stop", lambda name: told.append(f"stop {name}"))
    yield told
    assert [path.name for path in tmp_path.glob("dynamorm/*")] == []


def test_an_engine_for_the_live_target_is_stopped_whatever_happens(
    engines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = ran(capsys, "contract", "run", "--local", *GOLDEN, "--", *GOOD)
    assert done.err.startswith("dynamorm: no answer from http://127.0.0.1:9: ")
    name = engines[0].split()[1]
    assert (done.code, engines) == (3, [f"start {name} memory=True", f"stop {name}"])
