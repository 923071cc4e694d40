from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from dynamorm.cli.cursor_file import CursorFile
from dynamorm.cli.output import CommandError

if TYPE_CHECKING:
    from pathlib import Path

MIGRATION: dict[str, str | None] = {"source": "a", "target": "b", "backup": None, "region": "us-east-1"}


def test_a_cursor_is_read_again_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    first = CursorFile(str(file), MIGRATION)
    assert first.cursor is None
    assert [*tmp_path.iterdir()] == []
    for text in ("one", "two"):
        first.write(text)
    assert json.loads(file.read_text()) == {**MIGRATION, "cursor": "two"}
    assert [*tmp_path.iterdir()] == [file]
    again = CursorFile(str(file), MIGRATION)
    assert again.cursor == "two"
    again.write("three")
    assert CursorFile(str(file), MIGRATION).cursor == "three"


def test_what_a_killed_run_left_behind_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".c.json.part").write_text("{ha")
    file = CursorFile(str(tmp_path / "c.json"), MIGRATION)
    file.write("x")
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


def test_two_runs_of_one_file_are_noticed(tmp_path: Path) -> None:
    name = str(tmp_path / "c.json")
    one, other = CursorFile(name, MIGRATION), CursorFile(name, MIGRATION)
    one.write("1")
    with pytest.raises(CommandError, match="another run writes to"):
        other.write("2")
    assert CursorFile(name, MIGRATION).cursor == "1"


def test_the_file_of_another_migration_is_refused(tmp_path: Path) -> None:
    name = str(tmp_path / "c.json")
    CursorFile(name, MIGRATION).write("1")
    with pytest.raises(CommandError, match=r"of another migration \(source a, target b, backup -, region us-east-1\)"):
        CursorFile(name, MIGRATION | {"target": "c"})


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", '{"cursor": "x"', "\ud800"], ids=repr)
def test_what_is_no_cursor_file_is_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.json"
    content = text.encode(errors="surrogatepass")
    file.write_bytes(content)
    with pytest.raises(CommandError, match="is no cursor file of a migration"):
        CursorFile(str(file), MIGRATION)
    assert file.read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other errors")
def test_a_place_that_cannot_be_written_is_told_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        CursorFile(str(tmp_path / "no/c.json"), MIGRATION)
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="cannot be read: Not a directory"):
        CursorFile(str(tmp_path / "file/c.json"), MIGRATION)
    (tmp_path / "folder").mkdir()
    with pytest.raises(CommandError, match="cannot be read: Is a directory"):
        CursorFile(str(tmp_path / "folder"), MIGRATION)


def test_a_folder_that_goes_away_ends_the_work(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file = CursorFile(str(tmp_path / "folder/c.json"), MIGRATION)
    (tmp_path / "folder").rmdir()
    with pytest.raises(CommandError, match="cannot be written"):
        file.write("x")
