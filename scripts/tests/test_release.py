"""release.py: a release of a small repository, prepared, rehearsed and checked; only what builds is a stand-in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import dist
import release
import spec_diff
import toolpaths
import version
from version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATE = "2027-02-03T04:05:06+00:00"
SETUP = f"""\
from pathlib import Path
python = Path(".venv/bin/python")
python.parent.mkdir(parents=True)
python.write_text('#!/bin/sh\\nexec {sys.executable} -B "$@"\\n')
python.chmod(0o755)
"""
DIST = """\
import hashlib, sys
from pathlib import Path
import release, toolpaths, version
versions = version.current(toolpaths.ROOT)
page = Path(sys.argv[sys.argv.index("--out") + 1])
page.mkdir(parents=True)
names = sorted(release.artifacts(versions))
for name in names:
    (page / name).write_text(f"bytes of {name}")
sums = [f"{hashlib.sha256((page / name).read_bytes()).hexdigest()}  {name}" for name in names]
(page / 'SHA256SUMS').write_text("\\n".join(sums) + "\\n")
"""
WHEEL = "dynamorm_py-0.1.0rc1-py3-none-any.whl"


def git(root: Path, *words: str) -> str:
    who = {f"GIT_{role}_{part}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *words], cwd=root, env={**plain, **who, **dates}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, subject: str = "feat: more") -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", subject)


def _sources() -> Iterator[Path]:
    """Give what the scripts read, as it is in this repository."""
    root = toolpaths.ROOT
    yield from (root / copy.path for copy in version.COPIES)
    yield from (root / "py/src/dynamorm/local" / name for name in ("jvm.py", "lines.py", "engine-pom.xml"))
    yield from (path for path in (root / "spec").rglob("*") if path.is_file() and path.name != "released.json")
    yield from (root / spec_diff.CORPUS).glob("[ns]*.*")
    yield from (root / "scripts").glob("*.py")
    yield from (root / "scripts/generators").glob("*.py")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the repository that each test copies."""
    root = tmp_path_factory.mktemp("template") / "small"
    for source in set(_sources()):
        target = root / source.relative_to(toolpaths.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    (root / "docs/changes").mkdir(parents=True)
    (root / "docs/changes/first.added.md").write_text("The first thing.\n")
    (root / "CHANGELOG.md").write_text("# Changelog\n\nWhat users notice.\n")
    (root / "spec/CHANGELOG.md").write_text("# Changes\n\n## 1.0\n\nNot released yet. All.\n")
    (root / ".gitignore").write_text("/.venv/\n__pycache__/\n")
    (root / "scripts/setup.py").write_text(SETUP)
    (root / "scripts/dist.py").write_text(DIST)
    (schema,) = (root / "spec/schemas").glob("dms-*.schema.json")
    told = json.loads(schema.read_text()) | {"title": "Documents of DMS 1.0", "$id": "https://example.org/dms-1.0.json"}
    told["properties"]["dms_version"] = {"const": "1.0"}
    schema.unlink()
    (root / "spec/schemas/dms-1.0.schema.json").write_text(json.dumps(told))
    version.write(root, version.Versions(Version("0.0.1"), "1.0"))
    assert version.check(root) == []
    git(root, "init", "--quiet", "--initial-branch", "main")
    commit(root, "feat: everything")
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "small", symlinks=True)


def refused(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert release.main(list(arguments), root) == 1
    return capsys.readouterr().err


# --- the rehearsal ------------------------------------------------------------------------------------------


def test_a_rehearsal_ends_with_a_tagged_commit_and_the_page_as_a_folder(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = tmp_path / "rehearsal"
    head = git(root, "rev-parse", "HEAD")
    assert release.main(["rehearse", "0.1.0-rc.1", "--into", str(into)], root) == 0
    clone, page = into / "repository", into / "page"
    assert git(clone, "cat-file", "-t", "v0.1.0-rc.1") == "tag"
    assert git(clone, "rev-parse", "v0.1.0-rc.1^{commit}^") == head
    assert git(clone, "log", "-1", "--format=%s|%cn|%cI", "v0.1.0-rc.1") == f"release: v0.1.0-rc.1|a@example.org|{DATE}"
    assert (clone / "VERSION").read_text() == "0.1.0-rc.1\n"
    assert "## 0.1.0-rc.1 - 2027-02-03\n" in (clone / "CHANGELOG.md").read_text()
    assert sorted(path.name for path in page.iterdir()) == [
        "RELEASE_NOTES.md",
        "SHA256SUMS",
        "dynamorm-contract-0.1.0-rc.1.tar.gz",
        "dynamorm-go-0.1.0-rc.1.cdx.json",
        "dynamorm-go-v0.1.0-rc.1.zip",
        "dynamorm-py-0.1.0-rc.1.cdx.json",
        "dynamorm-spec-1.0.tar.gz",
        "dynamorm-ts-0.1.0-rc.1.cdx.json",
        "dynamorm-ts-0.1.0-rc.1.tgz",
        "dynamorm_py-0.1.0rc1-py3-none-any.whl",
        "dynamorm_py-0.1.0rc1.tar.gz",
        "parity-matrix-0.1.0-rc.1.md",
    ]
    assert (page / "RELEASE_NOTES.md").read_text() == release.notes(clone, Version.parse("0.1.0-rc.1"))
    told = capsys.readouterr().out
    assert f"tagged v0.1.0-rc.1, in {clone}" in told
    assert "Next: " in told


def test_a_rehearsal_leaves_the_users_tree_as_it_was(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "VERSION").write_text("not committed\n")
    (root / "new.txt").write_text("neither\n")
    before = git(root, "status", "--porcelain"), git(root, "for-each-ref"), git(root, "stash", "list")
    assert release.main(["rehearse", "0.1.0", "--into", str(tmp_path / "rehearsal")], root) == 0
    assert (git(root, "status", "--porcelain"), git(root, "for-each-ref"), git(root, "stash", "list")) == before
    assert (root / "VERSION").read_text() == "not committed\n"
    assert "rehearse: what is not committed is left out:\nM VERSION\n?? new.txt\n" in capsys.readouterr().out


def test_two_rehearsals_of_a_commit_make_the_same_commit_tag_and_page(root: Path, tmp_path: Path) -> None:
    made: list[tuple[str, dict[str, bytes]]] = []
    for name in ("one", "two"):
        assert release.main(["rehearse", "0.1.0", "--into", str(tmp_path / name)], root) == 0
        page = {path.name: path.read_bytes() for path in (tmp_path / name / "page").iterdir()}
        made.append((git(tmp_path / name / "repository", "rev-parse", "refs/tags/v0.1.0"), page))
    assert made[0] == made[1]


def test_a_release_keeps_what_later_ones_are_compared_with(root: Path, tmp_path: Path) -> None:
    assert release.main(["rehearse", "0.1.0", "--into", str(tmp_path / "rehearsal")], root) == 0
    clone = tmp_path / "rehearsal/repository"
    assert spec_diff.check(clone) == (True, ["no difference to DMS 1.0; spec/VERSION says 1.0"])
    assert "\nReleased first with 0.1.0 of the libraries." in (clone / "spec/CHANGELOG.md").read_text()
    assert list((clone / "docs/changes").iterdir()) == []
    candidate = tmp_path / "candidate"
    assert release.main(["rehearse", "0.1.0-rc.1", "--into", str(candidate)], root) == 0
    assert not (candidate / "repository" / spec_diff.RELEASED).exists()
    assert (candidate / "repository/docs/changes/first.added.md").exists()


# name: the line of the build before which something is done, what is done, what is told then
FAULTS = {
    "a file is missing": ("for name", "names.pop(0)", "dynamorm-contract-0.1.0-rc.1.tar.gz: missing"),
    "a file is too much": (
        "sums =",
        '(page / "more.txt").write_text("a")',
        "more.txt: not expected on the page of 0.1.0-rc.1",
    ),
    "a file is empty": ("sums =", f'(page / "{WHEEL}").write_text("")', f"{WHEEL}: empty"),
    "a hash is another": (
        "(page / 'SHA256SUMS')",
        f'(page / "{WHEEL}").write_text("b")',
        f"{WHEEL}: the hash in SHA256SUMS is of other bytes",
    ),
    "a hash is missing": ("(page / 'SHA256SUMS')", "sums.pop(0)", "SHA256SUMS: found the files dynamorm-go-"),
    "hashes are not sorted": ("(page / 'SHA256SUMS')", "sums.reverse()", "SHA256SUMS: found the files parity-matrix-"),
    "a name has another version": (
        "names =",
        "versions = versions._replace(dms='9.9')",
        "dynamorm-spec-1.0.tar.gz: missing",
    ),
    "the build fails": ("names =", "sys.exit('no compiler')", "ended with status 1:\nno compiler"),
    "the build writes a version": (
        "names =",
        "Path('VERSION').write_text('1.0.0\\n')",
        "expected `0.1.0-rc.1`, whose notes are asked for",
    ),
    "the build leaves a file": ("names =", "Path('left').touch()", "building changed the clone:\n?? left"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_page_that_is_not_as_it_has_to_be_fails_the_rehearsal(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: tuple[str, str, str]
) -> None:
    line, done, finding = fault
    assert DIST.count(f"\n{line}") == 1
    (root / "scripts/dist.py").write_text(DIST.replace(f"\n{line}", f"\n{done}\n{line}"))
    commit(root)
    assert finding in refused(root, capsys, "rehearse", "0.1.0-rc.1", "--into", str(tmp_path / "rehearsal"))


def test_a_rehearsal_stands_in_an_empty_folder_outside(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside, full = root / "build", tmp_path / "full"
    full.mkdir()
    (full / "file").touch()
    assert "is inside the repository" in refused(root, capsys, "rehearse", "0.1.0", "--into", str(inside))
    assert not inside.exists()
    for place in (full, full / "file"):
        assert "is not an empty folder" in refused(root, capsys, "rehearse", "0.1.0", "--into", str(place))


def test_a_version_that_is_tagged_or_none_is_not_rehearsed(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(root, "tag", "v0.1.0")
    into = ("--into", str(tmp_path / "rehearsal"))
    assert refused(root, capsys, "rehearse", "0.1.0", *into) == "release: v0.1.0: there is such a tag already\n"
    assert "`0.1` is no version" in refused(root, capsys, "rehearse", "0.1", *into)


# --- what the commit holds ----------------------------------------------------------------------------------


def prepared(root: Path, new: str) -> None:
    assert release.main(["prepare", new, "--date", "2027-02-04"], root) == 0
    commit(root, f"release: v{new}")
    git(root, "tag", "--annotate", "-m", new, f"v{new}")


@pytest.mark.parametrize("new", ["0.1.0", "0.1.0-rc.1"])
def test_what_is_prepared_committed_and_tagged_is_a_release(root: Path, new: str) -> None:
    prepared(root, new)
    assert f"## {new} - 2027-02-04\n" in (root / "CHANGELOG.md").read_text()
    assert release.main(["check-tag", f"v{new}"], root) == 0


def test_a_tree_with_changes_is_not_prepared(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "new.txt").touch()
    assert "the tree has changes that are not committed:\n?? new.txt" in refused(root, capsys, "prepare", "0.1.0")


def test_nothing_is_prepared_where_nothing_changed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "docs/changes/first.added.md").unlink()
    commit(root)
    assert "found no fragment" in refused(root, capsys, "prepare", "0.1.0")


def test_a_release_whose_dms_does_not_fit_is_not_prepared(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepared(root, "0.1.0")
    (root / "docs/changes/next.fixed.md").write_text("Something.\n")
    page = root / "spec/00-conventions.md"
    page.write_text(page.read_text().replace("sends no request.", "sends one."))
    commit(root)
    assert "expected at least 2.0" in refused(root, capsys, "prepare", "0.2.0")
    assert (root / "VERSION").read_text() == "0.1.0\n"


def test_a_missing_place_of_a_version_keeps_a_release_from_being_prepared(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "dynamorm/version.go").write_text("package dynamorm\n")
    commit(root)
    assert "dynamorm/version.go: found 0 with a version" in refused(root, capsys, "prepare", "0.1.0")


# --- the tag ------------------------------------------------------------------------------------------------


def test_a_tag_of_another_version_or_commit_is_no_release(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepared(root, "0.1.0")
    assert "expected what the tag `v0.2.0` says" in refused(root, capsys, "check-tag", "v0.2.0")
    tagged = git(root, "rev-parse", "HEAD")
    (root / "more.txt").touch()
    commit(root)
    head = git(root, "rev-parse", "HEAD")
    assert f"v0.1.0: found the commit {tagged}, expected {head}" in refused(root, capsys, "check-tag", "v0.1.0")
    git(root, "tag", "--delete", "v0.1.0")
    assert refused(root, capsys, "check-tag", "v0.1.0") == "release: v0.1.0: there is no such tag here\n"


def _leave_a_fragment(root: Path) -> None:
    (root / "docs/changes/late.added.md").write_text("One more.\n")


def _take_the_section(root: Path) -> None:
    (root / "CHANGELOG.md").write_text("# Changelog\n")


def _keep_nothing(root: Path) -> None:
    (root / spec_diff.RELEASED).unlink()


def _keep_another_release(root: Path) -> None:
    path = root / spec_diff.RELEASED
    path.write_text(path.read_text().replace('"release": "0.1.0"', '"release": "0.0.9"'))


def _change_the_specification(root: Path) -> None:
    path = root / "spec/limits.yaml"
    path.write_text(path.read_text().replace("batch_get_max, value: 100", "batch_get_max, value: 101"))


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (_leave_a_fragment, "docs/changes: found late.added.md, expected that CHANGELOG.md has it"),
        (_take_the_section, "CHANGELOG.md: there is no section of 0.1.0"),
        (_keep_nothing, "spec/released.json: found nothing to read, expected what 0.1.0 of DMS 1.0 promises"),
        (_keep_another_release, "spec/released.json: found 0.0.9 of DMS 1.0, expected 0.1.0 of DMS 1.0"),
        (_change_the_specification, "spec/released.json: found other promises than those of spec/"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_a_tagged_commit_that_was_not_prepared_is_no_release(
    root: Path, capsys: pytest.CaptureFixture[str], change: object, finding: str
) -> None:
    assert release.main(["prepare", "0.1.0"], root) == 0
    assert callable(change)
    change(root)
    commit(root)
    git(root, "tag", "v0.1.0")
    assert finding in refused(root, capsys, "check-tag", "v0.1.0")


# --- the page -----------------------------------------------------------------------------------------------

NOTES = """\
A candidate for the Python, TypeScript and Go libraries: 0.1.0-rc.1, which keeps DMS 1.0.

### Added

- The first thing.

### Install

```sh
pip install https://github.com/dynamorm/dynamorm/releases/download/v0.1.0-rc.1/dynamorm_py-0.1.0rc1-py3-none-any.whl
npm install https://github.com/dynamorm/dynamorm/releases/download/v0.1.0-rc.1/dynamorm-ts-0.1.0-rc.1.tgz
go get github.com/dynamorm/dynamorm@v0.1.0-rc.1
```

### Files
"""


def test_the_notes_say_what_changed_and_how_it_is_installed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no section of 0.0.1" in refused(root, capsys, "notes", "0.0.1")
    prepared(root, "0.1.0-rc.1")
    capsys.readouterr()
    assert release.main(["notes", "0.1.0-rc.1"], root) == 0
    text = capsys.readouterr().out
    assert text.startswith(NOTES)
    assert all(f"| `{name}` | " in text for name in release.artifacts(version.current(root)))
    assert "expected `0.2.0`, whose notes are asked for" in refused(root, capsys, "notes", "0.2.0")


def test_a_page_is_what_its_versions_say(root: Path, tmp_path: Path) -> None:
    versions = version.current(root)
    page = tmp_path / "page"
    page.mkdir()
    for name in (*release.artifacts(versions), "RELEASE_NOTES.md"):
        (page / name).write_text(name)
    assert release.page_findings(page, versions) == ["SHA256SUMS: missing"]
    names = sorted(release.artifacts(versions))
    lines = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in names]
    (page / "SHA256SUMS").write_text("".join(lines))
    assert release.page_findings(page, versions) == []
    (page / "SHA256SUMS").write_text("not a hash\n" + "".join(lines[1:]))
    assert release.page_findings(page, versions)[0].startswith("SHA256SUMS: found the files ")


@pytest.mark.parametrize("arguments", [[], ["rehearse"], ["prepare", "0.1.0", "--date", "soon"], ["publish", "0.1.0"]])
def test_wrong_arguments_show_the_usage(root: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        release.main(arguments, root)


def test_the_page_has_the_files_that_dist_makes() -> None:
    told = {"version": "1", "library": "1", "python": "2", "dms": "3"}
    made = {artifact.name.format(**told) for artifact in dist.ARTIFACTS.values()}
    assert {name.format(**told) for name in release.ARTIFACTS} == made
