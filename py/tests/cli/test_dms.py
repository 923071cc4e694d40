from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from .command import NOTE, ran

if TYPE_CHECKING:
    from pathlib import Path

WRONG = NOTE.replace("attribute: id, type: S }", "attribute: no, type: S }")
MESSY = NOTE.replace("{ name: notes }", "{name: 'notes'}")
OLD = NOTE.replace('"1.0"', '"0.1"').replace("required: true", "optional: false")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("note", NOTE), ("wrong", WRONG), ("messy", MESSY), ("old", OLD)):
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "latin.yaml").write_bytes(b"# one\n# caf\xe9\n")
    return tmp_path


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))


pytestmark = pytest.mark.usefixtures("folder")


def test_validate_tells_code_pointer_fact_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "dms", "validate", "note.yaml", "wrong.yaml", "latin.yaml")
    assert done.code == 1
    assert done.out.splitlines() == [
        "note.yaml: valid",
        "wrong.yaml:7: InvalidModel at /models/0/keys/partition/attribute: no such attribute",
        "latin.yaml:2: InvalidModel at the document: the text is not UTF-8",
    ]


def test_validate_tells_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "dms", "validate", "--json", "note.yaml", "wrong.yaml")
    error = {
        "code": "InvalidModel",
        "path": "/models/0/keys/partition/attribute",
        "fact": "no such attribute",
        "line": 7,
    }
    assert done.code == 1
    assert json.loads(done.out) == [
        {"file": "note.yaml", "valid": True, "error": None},
        {"file": "wrong.yaml", "valid": False, "error": error},
    ]


def test_validate_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    give(monkeypatch, NOTE)
    assert ran(capsys, "dms", "validate", "-").out == "-: valid\n"
    give(monkeypatch, "a: [\n")
    done = ran(capsys, "dms", "validate", "-")
    assert (done.code, done.out) == (1, "-:2: InvalidModel at the document: not YAML: line 2, column 1\n")


def test_format_prints_one_and_writes_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "dms", "format", "messy.yaml")
    assert (done.code, done.out, done.err) == (0, NOTE, "")
    assert (folder / "messy.yaml").read_text() == MESSY


def test_format_checks(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "dms", "format", "--check", "note.yaml", "messy.yaml")
    assert (done.code, done.out) == (1, "messy.yaml: would change\n")
    assert ran(capsys, "dms", "format", "--check", "note.yaml").code == 0


def test_format_writes_and_keeps_the_mode_and_a_link(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "messy.yaml").chmod(0o640)
    (folder / "link.yaml").symlink_to("messy.yaml")
    done = ran(capsys, "dms", "format", "--write", "note.yaml", "link.yaml", "wrong.yaml")
    assert (done.code, done.out) == (1, "link.yaml: written\n")
    assert done.err.startswith("wrong.yaml:7: InvalidModel at ")
    assert (folder / "messy.yaml").read_text() == NOTE
    assert (folder / "messy.yaml").stat().st_mode & 0o777 == 0o640
    assert (folder / "link.yaml").is_symlink()
    assert (folder / "wrong.yaml").read_text() == WRONG
    assert sorted(path.name for path in folder.iterdir()) == [
        "latin.yaml",
        "link.yaml",
        "messy.yaml",
        "note.yaml",
        "old.yaml",
        "wrong.yaml",
    ]


def test_format_tells_facts_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "dms", "format", "--check", "--json", "messy.yaml", "note.yaml", "wrong.yaml")
    first, second, third = json.loads(done.out)
    assert done.code == 1
    assert first == {"file": "messy.yaml", "changed": True, "text": NOTE, "error": None}
    assert second["changed"] is False
    assert third["error"]["line"] == 7


@pytest.mark.parametrize(
    "arguments",
    [
        ["format", "--check", "--write", "note.yaml"],
        ["format", "note.yaml", "messy.yaml"],
        ["format", "--write", "-"],
        ["format", "--check", "-", "-"],
        ["diff", "-", "-"],
        ["upgrade", "--write", "-"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "dms", *arguments).code == 2


def test_a_file_that_cannot_be_written_is_a_failure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    done = ran(capsys, "dms", "format", "--write", "messy.yaml")
    assert (done.code, done.err) == (3, "dynamorm: messy.yaml cannot be written: No space left on device\n")
    assert (folder / "messy.yaml").read_text() == MESSY


def test_diff_names_each_change_and_ends_with_1_where_one_breaks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "new.yaml").write_text(
        NOTE.replace("text, type: S", "text, type: N").replace("name: notes", "name: other")
    )
    done = ran(capsys, "dms", "diff", "note.yaml", "new.yaml")
    assert done.code == 1
    assert done.out.splitlines() == [
        "breaking  Note.table: table-changed (notes -> other)",
        "          the items stay in the old table",
        "breaking  Note.text.type: type-changed (S -> N)",
        "          stored values have another type: reading them is `DecodeFailed`",
        "2 changes, 2 breaking",
    ]


def test_diff_ends_with_0_where_nothing_breaks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "dms", "diff", "note.yaml", "messy.yaml").out == "no change of meaning\n"
    (folder / "new.yaml").write_text(NOTE + "      - { attribute: more, type: M, tags: { long: " + "x" * 80 + " } }\n")
    done = ran(capsys, "dms", "diff", "note.yaml", "new.yaml")
    assert (done.code, done.out.splitlines()[0]) == (0, "fine      Note.more: attribute-added (none -> more)")


def test_diff_tells_the_same_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "new.yaml").write_text(NOTE.replace("name: notes", "name: other"))
    done = ran(capsys, "dms", "diff", "note.yaml", "new.yaml", "--json")
    change = {"rule": "table-changed", "breaking": True, "path": "Note.table", "old": "notes", "new": "other"}
    assert done.code == 1
    assert json.loads(done.out) == {
        "breaking": True,
        "changes": [{**change, "why": "the items stay in the old table"}],
    }


def test_diff_of_an_invalid_document_fails(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "dms", "diff", "note.yaml", "wrong.yaml")
    assert done.code == 3
    assert done.err.startswith("dynamorm: wrong.yaml:7: InvalidModel at /models/0/keys/")


def test_upgrade_prints_the_text_and_tells_the_changes_beside_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = ran(capsys, "dms", "upgrade", "old.yaml")
    assert (done.code, done.out) == (0, NOTE)
    assert "edit    version: 0.1 becomes 1.0\n        /dms_version\n" in done.err
    assert "meaning cursors-begin-anew: " in done.err
    assert (folder / "old.yaml").read_text() == OLD


def test_upgrade_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "dms", "upgrade", "--write", "old.yaml")
    assert (done.code, done.out) == (0, "")
    assert (folder / "old.yaml").read_text() == NOTE
    again = ran(capsys, "dms", "upgrade", "--write", "old.yaml")
    assert (again.code, again.out, again.err) == (0, "", "old.yaml is of DMS 1.0 already\n")


def test_upgrade_tells_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(ran(capsys, "dms", "upgrade", "old.yaml", "--json").out)
    assert (facts["file"], facts["changed"], facts["text"]) == ("old.yaml", True, NOTE)
    assert {"kind", "name", "paths", "what"} == set(facts["changes"][0])


def test_upgrade_refuses_with_the_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "old.yaml").write_text(OLD.replace("text, type: S", "text, type: S, encryption: false"))
    done = ran(capsys, "dms", "upgrade", "--write", "old.yaml")
    assert done.code == 3
    assert done.err.startswith("dynamorm: old.yaml:10: InvalidModel at /models/0/attributes/1/encryption: ")
