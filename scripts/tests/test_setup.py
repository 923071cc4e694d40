"""setup.py: what it says of missing tools, and when a step has nothing to do."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import setup
import toolpaths

if TYPE_CHECKING:
    from pathlib import Path


def fake_tool(folder: Path, name: str, prints: str, status: int = 0) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\nexit {status}\n")
    path.chmod(0o755)


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def test_everything_missing_is_reported_at_once_with_advice(empty_path: Path) -> None:
    assert empty_path.is_dir()
    said = setup.problems(["py", "ts", "go"], engine=True)
    assert [line.split(" is missing: ")[0] for line in said] == [
        "Go 1.25 or newer",
        f"Node.js {setup.node_minimum()[0]} or newer",
        "npm",
        "JDK 17 or newer",
        "Maven",
    ]
    assert all("install" in line or "comes with" in line for line in said)


def test_only_what_was_asked_for_is_checked(empty_path: Path) -> None:
    assert empty_path.is_dir()
    assert setup.problems(["py"], engine=False) == []
    assert len(setup.problems(["go"], engine=False)) == 1


def test_an_old_tool_is_reported_with_its_version(empty_path: Path) -> None:
    fake_tool(empty_path, "go", "go version go1.21.3 linux/amd64")
    (said,) = setup.problems(["go"], engine=False)
    assert said.startswith("Go 1.25 or newer is needed, and this is 1.21.3: install it")


def test_a_shim_that_does_not_run_counts_as_missing(empty_path: Path) -> None:
    fake_tool(empty_path, "go", "no version is selected", status=127)
    (said,) = setup.problems(["go"], engine=False)
    assert "`go version` does not run" in said


def test_the_program_ends_with_2_and_changes_nothing(empty_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, toolpaths.ROOT / "scripts/setup.py", "--langs", "go"],
        env={"PATH": str(empty_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "  - Go 1.25 or newer is missing" in done.stderr


def test_an_unknown_language_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        setup.main(["--langs", "py,cobol"])
    assert "unknown language cobol" in capsys.readouterr().err


@pytest.fixture
def stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "STAMPS", tmp_path / "stamps")
    (tmp_path / "stamps").mkdir()
    return tmp_path


def make_step(folder: Path, ran: list[str], fact: str = "1.0") -> setup.Step:
    (folder / "lock").touch()

    def run() -> None:
        ran.append("ran")
        (folder / "result").touch()

    return setup.Step("a step", run, folder / "result", (folder / "lock",), (fact,))


def test_a_second_run_does_nothing(stamps: Path) -> None:
    ran: list[str] = []
    assert [setup.perform([make_step(stamps, ran)]) for _ in range(2)] == [1, 0]
    assert ran == ["ran"]


def test_a_step_runs_again_where_an_input_a_fact_or_the_result_changed(stamps: Path) -> None:
    ran: list[str] = []
    setup.perform([make_step(stamps, ran)])
    (stamps / "lock").write_text("changed")
    setup.perform([make_step(stamps, ran)])
    setup.perform([make_step(stamps, ran, fact="2.0")])
    (stamps / "result").unlink()
    setup.perform([make_step(stamps, ran, fact="2.0")])
    assert len(ran) == 4


def test_a_step_that_failed_has_no_stamp(stamps: Path) -> None:
    def fail() -> None:
        raise setup.SetupError("no")

    step = setup.Step("a step", fail, stamps / "result", (), ())
    with pytest.raises(setup.SetupError):
        setup.perform([step])
    assert not step.fresh()


def test_a_failed_command_shows_what_it_printed() -> None:
    with pytest.raises(setup.SetupError, match=r"(?s)status 3.*the reason"):
        setup.run(["sh", "-c", "echo the reason; exit 3"])


def test_the_lock_gives_uv_with_its_hashes_and_names_no_address() -> None:
    lock = setup.LOCK.read_text(encoding="utf-8")
    lines = setup.bootstrap_lines(lock).splitlines()
    assert lines[0].startswith("uv==")
    assert lines[1].strip().startswith("--hash=sha256:")
    assert not any(line.startswith("uvicorn") for line in lines)
    assert "://" not in lock


def test_the_npm_lock_names_no_address() -> None:
    lock = (toolpaths.ROOT / "ts/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock


def test_a_running_endpoint_makes_java_and_maven_needless(empty_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, toolpaths.ROOT / "scripts/setup.py", "--langs", "go", "--engine"],
        env={"PATH": str(empty_path), "DYNAMODB_ENDPOINT": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Go 1.25" in done.stderr
    assert "JDK" not in done.stderr
    assert "Maven" not in done.stderr


def test_version_of_reads_the_first_number() -> None:
    assert toolpaths.version_of(["echo", "go version go1.26.8 linux/amd64"]) == (1, 26, 8)
    assert toolpaths.version_of(["echo", "v24.21.0"]) == (24, 21, 0)
    assert toolpaths.version_of(["no-such-tool"]) is None


def test_a_missing_browser_is_told_with_advice_where_nobody_can_install_it(empty_path: Path) -> None:
    with pytest.raises(setup.SetupError, match=r"Chromium is missing.*CHROMIUM"):
        setup.install_browser()
    fake_tool(empty_path, "google-chrome", "Chrome 1.0")
    assert toolpaths.browser() == str(empty_path / "google-chrome")
    setup.install_browser()


def test_the_browser_of_the_environment_comes_first(empty_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tool(empty_path, "chromium", "Chromium 1.0")
    fake_tool(empty_path, "mine", "Mine 1.0")
    monkeypatch.setenv("CHROMIUM", str(empty_path / "mine"))
    assert toolpaths.browser() == str(empty_path / "mine")
