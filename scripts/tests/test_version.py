"""version.py: one VERSION, three copies."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import toolpaths
import version

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in ("VERSION", *(copy.path for copy in version.COPIES)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(toolpaths.ROOT / path, tmp_path / path)
    return tmp_path


def test_set_writes_every_copy(root: Path) -> None:
    assert version.main(["set", "1.2.3-rc.1"], root) == 0
    assert (root / "VERSION").read_text() == "1.2.3-rc.1\n"
    assert version.main(["check"], root) == 0


def test_check_names_the_copy_that_differs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "VERSION").write_text("9.9.9\n")
    assert version.main(["check"], root) == 1
    assert len(capsys.readouterr().err.splitlines()) == len(version.COPIES)


def test_check_names_a_copy_without_a_version(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "dynamorm/version.go").write_text("package dynamorm\n")
    assert version.main(["check"], root) == 1
    assert "dynamorm/version.go: there is no" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["set"], ["set", "one"], ["check", "more"]])
def test_wrong_arguments_show_the_usage(root: Path, arguments: list[str]) -> None:
    assert version.main(arguments, root) == 2
