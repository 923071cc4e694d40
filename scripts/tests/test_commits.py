"""commits.py: what the first line of a commit may be."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

import commits

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "subject",
    [
        "feat(py): a cursor",
        "fix(py,ts,go): x",
        "docs: a page",
        "feat(go)!: y",
        "revert: feat(py): a cursor",
        "release: v0.1.0",
    ],
)
def test_these_are_conventional(subject: str) -> None:
    assert commits.problems(subject) == []


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("Add a cursor", "it is not `type(scope): what`"),
        ("feat(py):no space", "it is not `type(scope): what`"),
        ("feat(py): ", "it is not `type(scope): what`"),
        ("fixup! feat(py): a", "it is not `type(scope): what`"),
        ("Feat(py): a", "`Feat` is no type"),
        ("merge: by hand", "`merge` is no type"),
        ("feat(rust): a", "`rust` is no scope"),
        ("feat(): a", "`` is no scope"),
        ("feat: " + "a" * 200, "it has 206 characters, and 200 is the most"),
    ],
)
def test_these_are_not(subject: str, said: str) -> None:
    assert commits.problems(subject) == [said]


def git(root: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words], cwd=root, check=True, capture_output=True
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--initial-branch", "main")
    git(tmp_path, "commit", "--allow-empty", "-m", "anything at all")
    git(tmp_path, "tag", "base")
    git(tmp_path, "commit", "--allow-empty", "-m", "feat(py): a\n\nNot: the first line")
    git(tmp_path, "switch", "-c", "side", "base")
    git(tmp_path, "commit", "--allow-empty", "-m", "docs: b\twith a tab")
    git(tmp_path, "switch", "main")
    return tmp_path


def test_a_merge_may_say_anything(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "merge", "--no-ff", "-m", "merge: what the side did", "side")
    assert commits.main(["base..HEAD"], repository) == 0
    assert "3 commits" in capsys.readouterr().out


def test_a_commit_that_is_not_is_named_with_advice(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "commit", "--allow-empty", "-m", "Add")
    assert commits.main(["base..HEAD"], repository) == 1
    said = capsys.readouterr().err
    assert "'Add': it is not" in said
    assert "feat      something users can do now" in said


def test_a_message_that_is_being_made_is_read_from_its_file(repository: Path, tmp_path: Path) -> None:
    message = tmp_path / "message"
    message.write_text("feat(py): a\n\nAdd\n")
    assert commits.main(["--message", str(message)], repository) == 0
    message.write_text("Merge branch 'side'\n")
    assert commits.main(["--message", str(message)], repository) == 1
    git(repository, "merge", "--no-ff", "--no-commit", "side")
    assert commits.main(["--message", str(message)], repository) == 0


@pytest.mark.parametrize("arguments", [[], ["HEAD"], ["a..b", "c"], ["no-such..HEAD"], ["--message", "no-such-file"]])
def test_bad_input_is_a_sentence(arguments: list[str], repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commits.main(arguments, repository) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
