"""changelog.py: which fragments it takes, and how a release gathers them."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

import changelog
import toolpaths
from version import Version

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.date(2027, 1, 31)
OLD = "## 0.1.0 - 2026-12-01\n\n### Added\n\n- The beginning.\n"
HEAD = "# Changelog\n\nWhat users notice.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / changelog.CHANGES).mkdir(parents=True)
    (tmp_path / changelog.CHANGES / "README.md").write_text("how to write one")
    (tmp_path / "CHANGELOG.md").write_text(f"{HEAD}\n{OLD}")
    write(tmp_path, "142.added.md", "`Table.query` takes a `cursor`\n(py, ts).\n")
    write(tmp_path, "9-lock.added.md", "A lock.")
    write(tmp_path, "times.fixed.md", "Times before 1970 keep their fraction.\n")
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / changelog.CHANGES / name).write_text(text, encoding="utf-8")


def names(root: Path) -> list[str]:
    return sorted(path.name for path in (root / changelog.CHANGES).iterdir())


def refused(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert changelog.main(list(arguments), root) == 1
    return capsys.readouterr().err


GATHERED = """\
### Added

- A lock.
- `Table.query` takes a `cursor`
  (py, ts).

### Fixed

- Times before 1970 keep their fraction.
"""


def test_the_repositorys_own_fragments_keep_the_rules() -> None:
    assert changelog.check(toolpaths.ROOT) == []


def test_fragments_are_gathered_by_kind_and_slug(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert changelog.main(["check"], root) == 0
    assert changelog.main(["draft"], root) == 0
    assert capsys.readouterr().out == GATHERED


def test_a_release_gathers_the_fragments_and_takes_them_away(root: Path) -> None:
    assert changelog.main(["release", "0.2.0", "--date", "2027-01-31"], root) == 0
    assert (root / "CHANGELOG.md").read_text() == f"{HEAD}\n## 0.2.0 - 2027-01-31\n\n{GATHERED}\n{OLD}"
    assert names(root) == ["README.md"]
    assert changelog.check(root) == []
    assert changelog.section(root, Version("0.2.0")) == GATHERED
    assert changelog.section(root, Version("0.1.0")) == "### Added\n\n- The beginning.\n"


def test_the_first_release_stands_behind_the_introduction(root: Path) -> None:
    (root / "CHANGELOG.md").write_text(HEAD)
    changelog.release(root, Version("0.1.0"), DAY)
    assert (root / "CHANGELOG.md").read_text() == f"{HEAD}\n## 0.1.0 - 2027-01-31\n\n{GATHERED}"


def test_a_candidate_leaves_the_fragments_to_the_release(root: Path) -> None:
    changelog.release(root, Version.parse("0.2.0-rc.1"), DAY)
    assert names(root) == ["142.added.md", "9-lock.added.md", "README.md", "times.fixed.md"]
    write(root, "more.security.md", "One more.\n")
    changelog.release(root, Version.parse("0.2.0-rc.2"), DAY)
    text = (root / "CHANGELOG.md").read_text()
    assert ("## 0.2.0-rc.1 " in text, "## 0.2.0-rc.2 - 2027-01-31" in text) == (False, True)
    changelog.release(root, Version("0.2.0"), DAY)
    gathered = f"{GATHERED}\n### Security\n\n- One more.\n"
    assert (root / "CHANGELOG.md").read_text() == f"{HEAD}\n## 0.2.0 - 2027-01-31\n\n{gathered}\n{OLD}"
    assert names(root) == ["README.md"]


def test_a_release_is_not_gathered_twice(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for version in ("0.1.0", "0.2.0-rc.1"):
        status = changelog.main(["release", version, "--date", "2027-01-31"], root)
        assert status == (1 if version == "0.1.0" else 0)
    assert "CHANGELOG.md: 0.2.0-rc.1 stands there already" in refused(
        root, capsys, "release", "0.2.0-rc.1", "--date", "2027-01-31"
    )


def test_without_fragments_there_is_nothing_to_release(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (root / changelog.CHANGES).glob("*ed.md"):
        path.unlink()
    assert changelog.main(["draft"], root) == 0
    assert capsys.readouterr().out == "Nothing changed since the last release.\n"
    text = refused(root, capsys, "release", "0.2.0", "--date", "2027-01-31")
    assert text == "docs/changes: found no fragment, expected at least one to release 0.2.0\n"


def test_a_wrong_fragment_keeps_a_release_from_being_gathered(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, "wrong.fixed.md", "no sentence")
    before = (root / "CHANGELOG.md").read_text()
    assert "wrong.fixed.md" in refused(root, capsys, "release", "0.2.0", "--date", "2027-01-31")
    assert "wrong.fixed.md" in refused(root, capsys, "draft")
    assert (root / "CHANGELOG.md").read_text() == before
    assert "times.fixed.md" in names(root)


@pytest.mark.parametrize(
    "name",
    ["cursor.md", "cursor.new.md", "Cursor.added.md", "a_b.added.md", "a.added.txt", ".added.md", "a b.fixed.md"],
)
def test_a_fragment_of_another_name_is_named(root: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    write(root, name, "A sentence.\n")
    assert refused(root, capsys, "check").startswith(
        f"docs/changes/{name}: found this name, expected `<slug>.<kind>.md`, a kind being added, changed"
    )


SENTENCES = {
    "fits": ("`a` does b; it does c (see d).", ""),
    "of some languages": ("A thing (ts, go).", ""),
    "of a part of the name": ("Ongoing work goes on in Gothic letters.", ""),
    "of all languages by name": ("Python, TypeScript and Go libraries.", ""),
    "with an abbreviation": ("Names, e.g. DynamoDB's, stay.", ""),
    "with code that ends": ("`a. B` is read.", ""),
    "empty": (" \n", "it is empty"),
    "no full stop": ("A thing", "it ends with a full stop"),
    "an ellipsis": ("A thing...", "it ends with a full stop"),
    "a question": ("A thing?", "it ends with a full stop"),
    "two": ("One thing. Another one.", "it is more than one sentence"),
    "two with code": ("One thing. `b` is another one.", "it is more than one sentence"),
    "two with languages": ("One thing (py). Another one.", "it is more than one sentence"),
    "two paragraphs": ("One\n\nthing.", "it is one paragraph, without heading or list"),
    "a list": ("- One thing.", "it is one paragraph, without heading or list"),
    "small": ("one thing.", "it begins with a capital letter"),
    "wrong order": ("One thing (go, py).", "the languages are written `(py, go)`, in this order"),
    "twice": ("One thing (py, py).", "the languages are written `(py)`, in this order"),
    "unknown language": ("One thing (py, rust).", "the languages are written `(py)`, in this order"),
    "unmarked": ("One thing in Python and Go.", "a change of some languages ends in their names, as in `… (py, go).`"),
}


@pytest.mark.parametrize(("text", "finding"), SENTENCES.values(), ids=SENTENCES)
def test_a_fragment_is_one_sentence(text: str, finding: str) -> None:
    assert changelog.sentence_findings(text) == ([finding] if finding else [])


@pytest.mark.parametrize("title", ["Unreleased", "0.2.0", "0.2.0 - today", "v0.2.0 - 2027-01-31"])
def test_a_section_of_another_title_is_named(root: Path, capsys: pytest.CaptureFixture[str], title: str) -> None:
    (root / "CHANGELOG.md").write_text(f"{HEAD}\n## {title}\n\n- A thing.\n")
    assert f"CHANGELOG.md: found the section `{title}`" in refused(root, capsys, "check")


def test_a_missing_changelog_and_a_missing_section_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(changelog.ChangelogError, match=r"there is no section of 0\.3\.0"):
        changelog.section(root, Version("0.3.0"))
    (root / "CHANGELOG.md").unlink()
    assert "CHANGELOG.md: cannot be read" in refused(root, capsys, "check")


def test_the_date_is_that_of_the_last_commit(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "give --date" in refused(root, capsys, "release", "0.2.0")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        [*who, "commit", "-qm", "feat: all", "--date", "2000-01-01T00:00:00Z"],
    ):
        date = {**os.environ, "GIT_COMMITTER_DATE": "2027-02-03T12:00:00Z"}
        subprocess.run(["git", *words], cwd=root, env=date, check=True)
    assert changelog.main(["release", "0.2.0"], root) == 0
    assert "## 0.2.0 - 2027-02-03\n" in (root / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("version", ["0.2", "v0.2.0", "next"])
def test_a_malformed_version_is_refused(root: Path, capsys: pytest.CaptureFixture[str], version: str) -> None:
    assert f"`{version}` is no version" in refused(root, capsys, "release", version, "--date", "2027-01-31")


@pytest.mark.parametrize("arguments", [[], ["release"], ["release", "0.2.0", "--date", "soon"], ["gather"]])
def test_wrong_arguments_show_the_usage(root: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        changelog.main(arguments, root)
