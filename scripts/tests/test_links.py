"""links.py: what a link of a Markdown file may lead to."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

import links

if TYPE_CHECKING:
    from pathlib import Path

OTHER = """# A page: `of` it

Text
====

## Twice
## Twice

```md
# not a heading
```

<a id="by-hand"></a>
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides/other.md").write_text(OTHER)
    (tmp_path / "a file.txt").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "[a](guides/other.md)",
        "[a](guides/)",
        "[a](a%20file.txt)",
        "[a](guides/other.md#a-page-of-it)",
        "[a](guides/other.md#text)",
        "[a](guides/other.md#twice-1)",
        "[a](guides/other.md#by-hand)",
        "# Here\n[a](#here)",
        "[a][b]\n\n[b]: guides/other.md",
        "[a](https://example.com/gone) [b](mailto:a@b.example)",
        "`[a](gone.md)`\n\n    [a](gone.md)\n\n```\n[a](gone.md)\n```",
        '<img src="guides/other.md">',
        "| [a](guides/other.md) |\n| --- |",
    ],
)
def test_these_lead_somewhere(text: str, root: Path) -> None:
    (root / "page.md").write_text(text)
    assert links.check([root / "page.md"], root) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a](gone.md)", "gone.md is not there"),
        ("![a](gone.png)", "gone.png is not there"),
        ("| a |\n| --- |\n| [a](gone.md) |", "gone.md is not there"),
        ("[a][b]\n\n[b]: gone.md", "gone.md is not there"),
        ('<a href="gone.md">a</a>', "gone.md is not there"),
        ("[a](guides/other.md#not-a-heading)", "guides/other.md#not-a-heading: guides/other.md has no such heading"),
        ("[a](#gone)", "#gone: page.md has no such heading"),
        ("[a](../elsewhere.md)", "../elsewhere.md leads out of the repository"),
    ],
)
def test_these_lead_nowhere(text: str, said: str, root: Path) -> None:
    (root / "page.md").write_text(text)
    assert links.check([root / "page.md"], root) == [f"page.md: {said}"]


def test_all_files_that_git_knows_or_would_take_are_read(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init"], cwd=root, check=True, capture_output=True)
    (root / ".gitignore").write_text("/build/\n")
    (root / "build").mkdir()
    (root / "build/page.md").write_text("[a](gone.md)")
    assert links.main([], root) == 0
    (root / "guides/new.md").write_text("[a](gone.md)")
    assert links.main([], root) == 1
    assert capsys.readouterr().err == "guides/new.md: gone.md is not there\n"


def test_a_file_that_is_not_there_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert links.main([str(root / "none.md")], root) == 2
    assert "no such file" in capsys.readouterr().err
