"""doclinks.py: which links lead nowhere."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

import doclinks

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = """# The guide

## Two `words`, or three

## Again

## Again
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/guide.md").write_text(GUIDE)
    (tmp_path / "a file.txt").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        "docs/guide.md",
        "docs/",
        "docs/guide.md#two-words-or-three",
        "docs/guide.md#again-1",
        "#here",
        "a%20file.txt",
        "https://example.invalid/nowhere",
        "mailto:a@example.invalid",
    ],
)
def test_a_link_that_leads_somewhere_is_fine(tree: Path, link: str) -> None:
    (tree / "README.md").write_text(f"# Here\n\nSee [this]({link}).\n")
    assert doclinks.check(tree) == []


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("docs/gone.md", "there is no such file"),
        ("../outside.md", "there is no such file"),
        ("docs/guide.md#again-2", "there is no such heading"),
        ("#there", "there is no such heading"),
        ("#Here", "there is no such heading"),
    ],
)
def test_a_link_that_leads_nowhere_is_named_with_its_line(tree: Path, link: str, problem: str) -> None:
    (tree.parent / "outside.md").write_text("")
    (tree / "README.md").write_text(f"# Here\n\nFine.\n\n- one\n- see [this]({link})\n")
    assert doclinks.check(tree) == [f"README.md:6: {link}: {problem}"]


def test_what_is_code_is_no_link(tree: Path) -> None:
    (tree / "README.md").write_text("`[a](gone.md)`\n\n```\n[a](gone.md)\n```\n")
    assert doclinks.check(tree) == []


def test_a_picture_has_to_be_there(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "README.md").write_text("![a](gone.png)\n")
    assert doclinks.main(tree) == 1
    assert capsys.readouterr().out == "README.md:1: gone.png: there is no such file\n"
