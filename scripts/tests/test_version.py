"""version.py: two versions, their copies, and what each spelling is."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

import toolpaths
import version
from generators import dms_versions
from version import Version

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "spec/schemas/dms-1.0.schema.json"
COPIES = sorted({copy.path for copy in version.COPIES})
FILES = sorted({*COPIES, "VERSION", "spec/VERSION", "spec/CHANGELOG.md", SCHEMA})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a copy of what says a version, as it would be for 0.1.0 and DMS 1.0."""
    for path in COPIES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(toolpaths.ROOT / path, tmp_path / path)
    schema = {"title": "Documents of DMS 1.0", "$id": "https://example.org/dms-1.0.json"}
    (tmp_path / SCHEMA).parent.mkdir()
    (tmp_path / SCHEMA).write_text(json.dumps(schema | {"properties": {"dms_version": {"const": "1.0"}}}))
    (tmp_path / "spec/CHANGELOG.md").write_text("# Changes\n\n## The version\n\n## 1.0\n")
    version.write(tmp_path, version.Versions(Version("0.1.0"), "1.0"))
    assert version.check(tmp_path) == []
    return tmp_path


def findings(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Give what the check says, which is nothing where it passes."""
    capsys.readouterr()
    status = version.main(["check", *arguments], root)
    found = capsys.readouterr().err.splitlines()
    assert status == int(bool(found))
    return found


def test_the_repositorys_own_versions_agree() -> None:
    assert version.check(toolpaths.ROOT) == []


@pytest.mark.parametrize(
    ("text", "python", "tag"), [("0.2.0", "0.2.0", "v0.2.0"), ("10.0.3-rc.12", "10.0.3rc12", "v10.0.3-rc.12")]
)
def test_a_version_is_spelled_for_each_language(text: str, python: str, tag: str) -> None:
    parsed = Version.parse(text)
    assert (str(parsed), parsed.python, parsed.tag) == (text, python, tag)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.02.3",
        "v1.2.3",
        "1.2.3-rc",
        "1.2.3-rc.0",
        "1.2.3-rc.01",
        "1.2.3rc1",
        "1.2.3-beta.1",
        "1.2.3+build",
        "1.2.3 ",
        "1.2.3\n",
        "1.2.٣",
    ],
)
def test_a_malformed_version_is_refused_and_nothing_is_written(
    root: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert version.main(["set", text], root) == 1
    assert "is no version: expected X.Y.Z or X.Y.Z-rc.N" in capsys.readouterr().err
    assert (root / "VERSION").read_text() == "0.1.0\n"


def test_set_writes_every_copy_in_its_own_spelling(root: Path) -> None:
    assert version.main(["set", "1.2.3-rc.1"], root) == 0
    assert (root / "VERSION").read_text() == "1.2.3-rc.1\n"
    assert '__version__ = "1.2.3rc1"' in (root / "py/src/dynamorm/_version.py").read_text()
    assert 'const Version = "1.2.3-rc.1"' in (root / "dynamorm/version.go").read_text()
    assert 'export const VERSION = "1.2.3-rc.1"' in (root / "ts/src/generated/version.ts").read_text()
    assert json.loads((root / "ts/package.json").read_text())["version"] == "1.2.3-rc.1"
    lock = json.loads((root / "ts/package-lock.json").read_text())
    assert (lock["version"], lock["packages"][""]["version"]) == ("1.2.3-rc.1", "1.2.3-rc.1")
    assert '"version":"1.2.3-rc.1","dms":["1.0"]' in (root / "contract-tests/runners/README.md").read_text()


def test_set_changes_nothing_but_versions(root: Path) -> None:
    before = {path: (root / path).read_text() for path in FILES}
    assert version.main(["set", "9.8.7"], root) == 0
    assert version.main(["set", "0.1.0"], root) == 0
    assert {path: (root / path).read_text() for path in FILES} == before


@pytest.mark.parametrize("copy", version.COPIES, ids=lambda copy: f"{copy.what} in {copy.path}")
def test_a_copy_edited_by_hand_is_named_with_what_was_found_and_expected(
    root: Path, capsys: pytest.CaptureFixture[str], copy: version.Copy
) -> None:
    path = root / copy.path
    path.write_text(copy.pattern.sub(r"\g<1>7.7.7", path.read_text(), count=1))
    expected = version.current(root).spelled(copy.what)
    found = findings(root, capsys)
    assert len(found) == 1
    assert found[0].startswith(f"{copy.path}:")
    assert found[0].endswith(f": found `7.7.7`, expected `{expected}`")


@pytest.mark.parametrize("copy", version.COPIES, ids=lambda copy: f"{copy.what} in {copy.path}")
def test_a_copy_without_its_place_is_named(root: Path, capsys: pytest.CaptureFixture[str], copy: version.Copy) -> None:
    path = root / copy.path
    path.write_text(copy.pattern.sub("", path.read_text(), count=1))
    found = findings(root, capsys)
    assert [line.split(" with a version, expected ")[0] for line in found] == [f"{copy.path}: found {copy.times - 1}"]


def test_set_says_where_it_found_no_place(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "dynamorm/version.go").write_text("package dynamorm\n")
    assert version.main(["set", "0.3.0"], root) == 1
    assert capsys.readouterr().err.startswith("dynamorm/version.go: found 0 with a version, expected 1 place")


def test_a_file_that_is_not_there_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("ts/package.json", "spec/CHANGELOG.md"):
        (root / path).unlink()
    assert findings(root, capsys) == [
        "ts/package.json: cannot be read, expected `0.1.0` in it",
        "spec/CHANGELOG.md: found `no version` as the newest, expected `1.0`",
    ]
    assert version.main(["set", "0.3.0"], root) == 1


@pytest.mark.parametrize("path", ["VERSION", "spec/VERSION"])
def test_the_files_that_people_write_are_named_where_they_are_wrong(
    root: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    (root / path).write_text("1\n")
    assert findings(root, capsys)[0].startswith(f"{path}: `1` is no version")
    (root / path).unlink()
    assert findings(root, capsys)[0].startswith(f"{path}: cannot be read")
    assert version.main(["show"], root) == 1


def test_the_tag_has_to_say_what_version_says(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert findings(root, capsys, "--tag", "v0.1.0") == []
    assert version.main(["set", "0.1.0-rc.2"], root) == 0
    assert findings(root, capsys, "--tag", "v0.1.0-rc.2") == []
    for tag in ("v0.1.0", "0.1.0-rc.2", "v0.1.0-rc.02", "v0.1.0rc2", ""):
        expected = f"VERSION: found `0.1.0-rc.2`, expected what the tag `{tag}` says"
        assert findings(root, capsys, "--tag", tag) == [expected]


TEXT = """\
pip install https://github.com/dynamorm/dynamorm/releases/download/v0.1.0/dynamorm_py-0.1.0-py3-none-any.whl
npm install https://github.com/dynamorm/dynamorm/releases/download/v0.1.0/dynamorm-ts-0.1.0.tgz
go get github.com/dynamorm/dynamorm@v0.1.0
The files are named dynamorm-ts-V.tgz, and the tag vX.Y.Z. The module is `dynamorm-go-v0.1.0.zip`, of v0.1.0.
This is dynamorm-ts-0.1.0. Its sources are dynamorm_py-0.1.0.tar.gz
"""


def test_install_lines_in_texts_are_written_and_checked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "README.md").write_text(TEXT)
    assert version.main(["set", "0.2.0-rc.3"], root) == 0
    text = (root / "README.md").read_text()
    assert text.splitlines()[:3] == [
        "pip install https://github.com/dynamorm/dynamorm/releases/download/v0.2.0-rc.3/dynamorm_py-0.2.0rc3-py3-none-any.whl",
        "npm install https://github.com/dynamorm/dynamorm/releases/download/v0.2.0-rc.3/dynamorm-ts-0.2.0-rc.3.tgz",
        "go get github.com/dynamorm/dynamorm@v0.2.0-rc.3",
    ]
    assert "dynamorm-ts-V.tgz, and the tag vX.Y.Z. The module is `dynamorm-go-v0.2.0-rc.3.zip`, of v0.1.0." in text
    assert "This is dynamorm-ts-0.2.0-rc.3. Its sources are dynamorm_py-0.2.0rc3.tar.gz" in text
    (root / "README.md").write_text(text.replace("orm@v0.2.0-rc.3", "orm@v0.2.0-rc.2"))
    assert findings(root, capsys) == ["README.md:3: found `0.2.0-rc.2`, expected `0.2.0-rc.3`"]


def test_what_history_says_is_left_alone(root: Path) -> None:
    (root / "docs/decisions").mkdir(parents=True)
    for path in ("CHANGELOG.md", "docs/decisions/0001-a.md"):
        (root / path).write_text(TEXT)
        assert version.main(["set", "0.4.0"], root) == 0
        assert (root / path).read_text() == TEXT


# --- DMS ----------------------------------------------------------------------------------------------------


def test_documents_of_every_minor_version_up_to_the_own_are_read() -> None:
    assert dms_versions("1.0") == ("1.0",)
    assert dms_versions("2.2") == ("2.0", "2.1", "2.2")


def test_the_pins_of_dms_in_texts_are_checked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "docs/guides").mkdir(parents=True)
    guide = root / "docs/guides/a.md"
    guide.write_text('dms_version: "1.0"\n{"dms_version": "0.9"}\nsee `schemas/dms-1.1.schema.json`\n')
    assert findings(root, capsys) == [
        "docs/guides/a.md:2: found `0.9`, expected `1.0`",
        "docs/guides/a.md:3: found `1.1`, expected `1.0`",
    ]


def test_set_dms_writes_the_pins_and_names_what_a_person_has_to_do(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert version.main(["set-dms", "1.1"], root) == 1
    assert capsys.readouterr().err.splitlines() == [
        "spec/schemas: found dms-1.0.schema.json, expected dms-1.1.schema.json",
        "spec/CHANGELOG.md: found `1.0` as the newest, expected `1.1`",
    ]
    schema = json.loads((root / SCHEMA).read_text())
    schema |= {"title": "Documents of DMS 1.1", "$id": "https://example.org/dms-1.1.json"}
    schema["properties"]["dms_version"] = {"enum": ["1.0", "1.1"]}
    (root / SCHEMA).unlink()
    (root / "spec/schemas/dms-1.1.schema.json").write_text(json.dumps(schema))
    (root / "spec/CHANGELOG.md").write_text("# Changes\n\n## The version\n\n## 1.1\n\n## 1.0\n")
    assert findings(root, capsys) == []
    assert version.main(["show", "dms"], root) == 0
    assert capsys.readouterr().out == "1.1\n"
    assert version.main(["set-dms", "1"], root) == 1


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"title": "DMS 0.9"}, "found `DMS 0.9`, expected it to end in ` DMS 1.0`"),
        ({"$id": "https://example.org/dms.json"}, "found `https://example.org/dms.json`, expected it to end in `/dms-"),
        ({"properties": {"dms_version": {"enum": ["1.0", "1.1"]}}}, "found `dms_version` of 1.0, 1.1, expected 1.0"),
        ({"properties": {"dms_version": {}}}, "found `dms_version` of , expected 1.0"),
        ({"properties": {}}, "cannot be read: KeyError 'dms_version'"),
    ],
    ids=["title", "identity", "too many versions", "any version", "no rule"],
)
def test_the_schema_says_the_version_of_dms(
    root: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object], found: str
) -> None:
    (root / SCHEMA).write_text(json.dumps(json.loads((root / SCHEMA).read_text()) | change))
    (finding,) = findings(root, capsys)
    assert finding.startswith(f"{SCHEMA}: {found}")


# --- the command --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spelling", "shown"), [((), "0.1.0-rc.1"), (("python",), "0.1.0rc1"), (("tag",), "v0.1.0-rc.1")]
)
def test_show_prints_a_spelling(
    root: Path, capsys: pytest.CaptureFixture[str], spelling: tuple[str, ...], shown: str
) -> None:
    assert version.main(["set", "0.1.0-rc.1"], root) == 0
    assert version.main(["show", *spelling], root) == 0
    assert capsys.readouterr().out == f"{shown}\n"


@pytest.mark.parametrize("arguments", [[], ["set"], ["check", "more"], ["show", "ruby"], ["dms"]])
def test_wrong_arguments_show_the_usage(root: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        version.main(arguments, root)
