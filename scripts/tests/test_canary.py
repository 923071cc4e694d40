"""canary.py: what it asks to be brought up to date, and how it tells. That it flies is seen by flying it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

import canary
from toolpaths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GO_MOD = """module m

require (
\tgithub.com/aws/aws-sdk-go-v2 v1.2.3
\tgithub.com/aws/aws-sdk-go-v2/service/kms v1.0.0
\tgithub.com/aws/smithy-go v1.1.1
\tgo.yaml.in/yaml/v3 v3.0.6
)

require github.com/other/one v1.0.0

require (
\tgithub.com/aws/aws-sdk-go-v2/internal/configsources v1.5.9 // indirect
)
"""


def test_the_go_modules_are_those_that_are_required_directly(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(GO_MOD)
    assert canary.go_modules(tmp_path) == {
        "github.com/aws/aws-sdk-go-v2": "v1.2.3",
        "github.com/aws/aws-sdk-go-v2/service/kms": "v1.0.0",
        "github.com/aws/smithy-go": "v1.1.1",
    }


def test_the_npm_packages_are_the_sdks(tmp_path: Path) -> None:
    (tmp_path / "ts").mkdir()
    manifest = {"peerDependencies": {"@aws-sdk/b": "1"}, "devDependencies": {"@aws-sdk/a": "1", "vitest": "4"}}
    (tmp_path / "ts/package.json").write_text(json.dumps(manifest))
    assert canary.npm_packages(tmp_path) == ["@aws-sdk/a", "@aws-sdk/b"]


@pytest.mark.parametrize("language", sorted(canary.HOUSES))
def test_our_own_houses_have_an_sdk_to_bring_up_to_date(language: str) -> None:
    house = canary.HOUSES[language]
    assert all(command[0] in {".venv/bin/uv", "npm", "go"} for command in house.upgrade(ROOT))
    assert len(house.upgrade(ROOT)[0]) > len(["npm", "install"])


def test_the_report_passes_where_every_step_did() -> None:
    steps = [canary.Step("make contract", passed=True, seconds=2.4, output="")]
    assert canary.report("py", {"boto3": "1.0"}, {"boto3": "1.1"}, steps) == (
        "## Canary: py passes on the newest SDK\n"
        "\n"
        "| package | locked | newest |\n"
        "| --- | --- | --- |\n"
        "| boto3 | 1.0 | 1.1 |\n"
        "\n"
        "| step | result | seconds |\n"
        "| --- | --- | --- |\n"
        "| `make contract` | ok | 2 |\n"
    )


def test_the_report_shows_the_end_of_what_a_failed_step_said() -> None:
    said = "\n".join(str(number) for number in range(200))
    text = canary.report("go", {}, {}, [canary.Step("go test", passed=False, seconds=0, output=said)])
    assert "go FAILS" in text
    assert text.rstrip().splitlines()[-canary.SHOWN_LINES] == "    120"


def test_a_step_that_does_not_start_has_failed() -> None:
    assert not canary.perform(["no-such-tool"], ROOT).passed


def test_a_set_up_that_fails_ends_it(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/setup.py").write_text("raise SystemExit('something is missing')\n")
    before, after, steps = canary.fly("py", tmp_path)
    assert (before, after) == ({}, {})
    assert [step.passed for step in steps] == [False]
    assert "something is missing" in steps[0].output


def test_an_upgrade_that_fails_ends_it_and_checks_run_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/setup.py").write_text("")

    def house(status: int) -> canary.House:
        return canary.House(
            "py", lambda _: [[sys.executable, "-c", f"raise SystemExit({status})"]], lambda _: {"a": "1"}
        )

    def checks(_language: str) -> list[list[str]]:
        return [["no-such-tool"], [sys.executable, "-c", ""]]

    monkeypatch.setattr(canary, "checks", checks)
    monkeypatch.setitem(canary.HOUSES, "py", house(1))
    assert [step.passed for step in canary.fly("py", tmp_path)[2]] == [True, False]
    monkeypatch.setitem(canary.HOUSES, "py", house(0))
    assert [step.passed for step in canary.fly("py", tmp_path)[2]] == [True, True, False, True]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("")
    assert canary.main(["py", "--into", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_clone_is_of_head_and_clean(tmp_path: Path) -> None:
    canary.clone(tmp_path / "clone")
    assert (tmp_path / "clone/scripts/canary.py").exists()
    assert canary.output_of(["git", "status", "--porcelain"], tmp_path / "clone") == ""
