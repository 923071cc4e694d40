"""plan.py: which jobs a change needs, as a table."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

import check
import plan
from toolpaths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ALL = ["commits", *plan.everything("").jobs]
PY, TS, GO = (["commits", "docs", house, "contract"] for house in ("py", "ts", "go"))
ROWS: list[tuple[str, list[str], list[str]]] = [
    ("the specification", ["spec/30-crud.md"], ALL),
    ("a limit", ["spec/limits.yaml"], ALL),
    ("a case", ["contract-tests/cases/p0.yaml"], ALL),
    ("a runner of one language", ["contract-tests/runners/go/main.go"], ALL),
    ("a script", ["scripts/check.py"], ALL),
    ("the version", ["VERSION"], ALL),
    ("the front door", ["Makefile"], ALL),
    ("a workflow", [".github/workflows/ci.yml"], ALL),
    ("Go's module", ["go.mod"], ALL),
    ("Go's sums", ["go.sum"], ALL),
    ("a file that nobody knows", ["docs/figure.png"], ALL),
    ("a new folder", ["rust/src/lib.rs"], ALL),
    ("the matrix, which the contract proves", ["docs/parity-matrix.md"], ALL),
    ("what the scripts load of the Python house", ["py/src/dynamorm/local/jvm.py"], ALL),
    ("nothing", [], ALL),
    ("the Python house", ["py/src/dynamorm/client.py"], PY),
    ("the Python house's packaging", ["py/pyproject.toml"], PY),
    ("the TypeScript house", ["ts/src/client.ts", "ts/package-lock.json"], TS),
    ("the Go house", ["dynamorm/client.go"], GO),
    ("a guide", ["docs/guides/tables.md"], ["commits", "docs"]),
    ("a decision and the door", ["docs/decisions/0001-one-repository.md", "README.md"], ["commits", "docs"]),
    ("a change fragment", ["docs/changes/cursors.added.md"], ["commits", "docs"]),
    ("the README of a house", ["ts/README.md"], ["commits", "docs"]),
    ("a text among the sources", ["py/tests/notes.md"], PY),
    ("two houses", ["dynamorm/a.go", "py/a.py"], ["commits", "docs", "py", "go", "contract"]),
    ("a house and a guide", ["py/a.py", "docs/guides/tables.md"], PY),
    ("a house and the specification", ["py/a.py", "spec/30-crud.md"], ALL),
    ("a folder that begins like a house", ["python/a.py"], ALL),
]


@pytest.mark.parametrize(("paths", "jobs"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_change_of_these_paths_needs_these_jobs(paths: list[str], jobs: list[str]) -> None:
    assert list(plan.plan(paths).jobs) == jobs


def test_a_house_has_its_own_contract_and_everything_has_the_whole() -> None:
    assert plan.plan(["ts/a.ts", "py/a.py"]).contract == (
        plan.Contract("contract", "py"),
        plan.Contract("contract", "ts"),
    )
    assert plan.plan(["README.md"]).contract == ()
    assert plan.plan(["VERSION"]).contract == (plan.Contract("check-contract", "py,ts,go"),)


def targets() -> dict[str, str]:
    found = re.findall(
        r"^([a-z-]+):.*##.*\n((?:\t.*\n)*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    return dict(found)


def test_every_job_is_a_make_target() -> None:
    assert set(plan.TARGETS.values()) <= set(targets())


def test_the_jobs_of_everything_run_every_gate_of_make_test() -> None:
    recipes = targets()
    gates = check.all_gates()
    whole = plan.everything("")
    run: set[str] = set()
    for target in [plan.TARGETS[job] for job in whole.jobs]:
        for words in re.findall(r"\$\(CHECK\) (.*)", recipes[target]):
            run |= {gate.title for gate in check.select(gates, words.split())}
    assert run == {gate.title for gate in gates}


def git(root: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words], cwd=root, check=True, capture_output=True
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--initial-branch", "main")
    (tmp_path / "py").mkdir()
    (tmp_path / "py/a.py").write_text("a = 1\nb = 2\nc = 3\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "feat: a")
    git(tmp_path, "switch", "-c", "branch")
    return tmp_path


def test_both_places_of_a_file_that_moved_count(repository: Path) -> None:
    (repository / "ts").mkdir()
    git(repository, "mv", "py/a.py", "ts/a b.py")
    git(repository, "commit", "-m", "refactor: a")
    assert plan.changed_paths("main", "HEAD", repository) == ["py/a.py", "ts/a b.py"]


def test_what_the_base_did_since_is_not_the_branchs(repository: Path) -> None:
    git(repository, "switch", "main")
    (repository / "VERSION").write_text("1\n")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "chore: v")
    git(repository, "switch", "branch")
    (repository / "py/b.py").write_text("")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "feat: b")
    assert plan.plan_of("main", "HEAD", repository).reason == "only py"


@pytest.mark.parametrize("base", ["", "no-such-branch", "0" * 40, "--output=x"])
def test_without_a_base_everything_runs_and_no_commits_are_asked_for(repository: Path, base: str) -> None:
    assert plan.plan_of(base, "HEAD", repository).jobs == plan.everything("").jobs
    assert not (repository / "x...HEAD").exists()


def test_the_host_is_handed_lines_of_json(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path_factory.mktemp("host") / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    (repository / "py/b.py").write_text("")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "feat: b")
    assert plan.main(["--base", "main", "--github"], repository) == 0
    told = {
        name: json.loads(value) for name, _, value in (line.partition("=") for line in output.read_text().splitlines())
    }
    assert told == {"reason": "only py", "jobs": PY, "contract": {"include": [{"target": "contract", "langs": "py"}]}}


def test_the_host_without_its_file_is_told(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    assert plan.main(["--github"], repository) == 2
    assert "GITHUB_OUTPUT" in capsys.readouterr().err
