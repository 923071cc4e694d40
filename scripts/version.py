"""The two versions, each written by a person in one file and copied from there: VERSION and spec/VERSION.

    version.py check               fail where a copy says something else
    version.py check --tag v0.2.0  and where VERSION is not what this tag says
    version.py set 0.2.0-rc.1      write VERSION and its copies
    version.py set-dms 1.1         write spec/VERSION and its copies
    version.py show [python|tag|dms]

VERSION is that of the libraries: `X.Y.Z` or `X.Y.Z-rc.N`, for Python `X.Y.ZrcN`, as a tag `vX.Y.Z`. spec/VERSION
is that of DMS, `X.Y`. Where a version has to stand is a table here; in Markdown every address of a release and every
`dms_version` counts, wherever it stands. Which version of DMS a change needs is known by spec_diff.py.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from generators import dms_versions
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NUMBER = r"(?:0|[1-9]\d*)"
_VERSION = re.compile(rf"(?P<core>{_NUMBER}\.{_NUMBER}\.{_NUMBER})(?:-rc\.(?P<candidate>[1-9]\d*))?", re.ASCII)
_DMS = re.compile(rf"{_NUMBER}\.{_NUMBER}", re.ASCII)


class VersionError(Exception):
    """A version cannot be read or written; the message has one sentence per line."""


@dataclass(frozen=True)
class Version:
    """A version of the libraries."""

    core: str
    candidate: int | None = None

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read it, or refuse.

        >>> Version.parse("0.2.0-rc.1").python
        '0.2.0rc1'
        """
        found = _VERSION.fullmatch(text)
        if found is None:
            raise VersionError(f"`{text}` is no version: expected X.Y.Z or X.Y.Z-rc.N")
        return cls(found["core"], int(found["candidate"]) if found["candidate"] else None)

    def __str__(self) -> str:
        """Spell it as SemVer, which npm takes too."""
        return self.core if self.candidate is None else f"{self.core}-rc.{self.candidate}"

    @property
    def python(self) -> str:
        """Spell it as Python's packages do."""
        return self.core if self.candidate is None else f"{self.core}rc{self.candidate}"

    @property
    def tag(self) -> str:
        """Spell it as the tag, which is Go's version too."""
        return f"v{self}"


class Versions(NamedTuple):
    """Both versions."""

    library: Version
    dms: str

    def spelled(self, what: str) -> str:
        """Give the one that a row of the tables below asks for."""
        return {"library": str(self.library), "python": self.library.python, "dms": self.dms}[what]


@dataclass(frozen=True)
class Copy:
    """A file that has to repeat a version behind a text, so many times."""

    path: str
    what: str
    pattern: re.Pattern[str]
    """Its first group is the text before, its second the version."""
    times: int = 1


_NPM = re.compile(r'("name": "dynamorm-ts",\s+"version": ")([^"]*)')
_RUNNER = "contract-tests/runners/README.md"
COPIES = (
    Copy("py/src/dynamorm/_version.py", "python", re.compile(r'(__version__ = ")([^"]*)')),
    Copy("py/src/dynamorm/schema/versions.py", "dms", re.compile(r'(DMS_VERSION = ")([^"]*)')),
    Copy("ts/package.json", "library", _NPM),
    Copy("ts/package-lock.json", "library", _NPM, times=2),
    Copy("ts/src/generated/version.ts", "library", re.compile(r'( VERSION = ")([^"]*)')),
    Copy("ts/src/generated/version.ts", "dms", re.compile(r'( DMS_VERSION = ")([^"]*)')),
    Copy("dynamorm/version.go", "library", re.compile(r'(const Version = ")([^"]*)')),
    Copy("dynamorm/schema/version_gen.go", "dms", re.compile(r'(const Version = ")([^"]*)')),
    Copy(_RUNNER, "library", re.compile(r'("version":")([^"]*)')),
    Copy(_RUNNER, "dms", re.compile(r'("dms":\[")([^"]*)')),
    Copy("spec/README.md", "dms", re.compile(r"(The version of DMS described here is \*\*)([^*]*)")),
)
# What a text for people says of a release, wherever it says it; `vX.Y.Z` and the like are no versions.
_END = r"(\d[0-9a-z.-]*?)(?=\.tgz|\.zip|\.tar|-py3|[^0-9a-z.-]|\.?$|\.\s)"
MENTIONS = (
    (
        "library",
        re.compile(
            rf"(releases/(?:download|tag)/v|dynamorm/dynamorm@v|dynamorm-ts-|dynamorm-go-v){_END}", re.MULTILINE
        ),
    ),
    ("python", re.compile(rf"(dynamorm_py-){_END}", re.MULTILINE)),
    ("dms", re.compile(r"(dms_version\"?: [\"'])([^\"']*)")),
    ("dms", re.compile(r"(schemas/dms-)([0-9.]*[0-9])(?=\.schema\.json)")),
)
TEXTS = ("*.md", "py/*.md", "ts/*.md", "dynamorm/*.md", "contract-tests/*.md", "docs/**/*.md", "spec/*.md")
# What these say was true when it was written.
HISTORY = ("CHANGELOG.md", "spec/CHANGELOG.md", "docs/changes/", "docs/decisions/")


# --- reading ------------------------------------------------------------------------------------------------


def _line(root: Path, path: str) -> str:
    """Read a file that holds one line."""
    try:
        return (root / path).read_bytes().decode("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise VersionError(f"{path}: cannot be read: {error}") from error


def current(root: Path) -> Versions:
    """Read the two files that people write."""
    try:
        library = Version.parse(_line(root, "VERSION"))
    except VersionError as error:
        raise VersionError(f"VERSION: {str(error).removeprefix('VERSION: ')}") from error
    dms = _line(root, "spec/VERSION")
    if _DMS.fullmatch(dms) is None:
        raise VersionError(f"spec/VERSION: `{dms}` is no version of DMS: expected X.Y")
    return Versions(library, dms)


def _texts(root: Path) -> Iterator[Path]:
    for path in sorted({path for pattern in TEXTS for path in root.glob(pattern)}):
        if not path.relative_to(root).as_posix().startswith(HISTORY):
            yield path


# --- checking -----------------------------------------------------------------------------------------------


def _differing(path: str, text: str, pattern: re.Pattern[str], expected: str) -> list[str]:
    """Say where a text has another version than the one expected."""
    wrong = [found for found in pattern.finditer(text) if found[2] != expected]
    lines = [text[: found.start(2)].count("\n") + 1 for found in wrong]
    return [
        f"{path}:{line}: found `{found[2]}`, expected `{expected}`" for line, found in zip(lines, wrong, strict=True)
    ]


def _check_copy(root: Path, copy: Copy, expected: str) -> list[str]:
    try:
        text = (root / copy.path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return [f"{copy.path}: cannot be read, expected `{expected}` in it"]
    times = len(copy.pattern.findall(text))
    if times != copy.times:
        places = "1 place" if copy.times == 1 else f"{copy.times} places"
        return [f"{copy.path}: found {times} with a version, expected {places} like `{copy.pattern.pattern}`"]
    return _differing(copy.path, text, copy.pattern, expected)


def _check_schema(root: Path, dms: str) -> list[str]:
    """Compare what the document's JSON Schema says with spec/VERSION: its name, its title, the versions it takes."""
    path = f"spec/schemas/dms-{dms}.schema.json"
    others = sorted(other.name for other in (root / "spec/schemas").glob("dms-*.schema.json"))
    if others != [f"dms-{dms}.schema.json"]:
        return [f"spec/schemas: found {', '.join(others) or 'no schema of documents'}, expected dms-{dms}.schema.json"]
    try:
        schema: dict[str, Any] = json.loads((root / path).read_text(encoding="utf-8"))
        rule: dict[str, Any] = schema["properties"]["dms_version"]
        title, identity = str(schema["title"]), str(schema["$id"])
    except (ValueError, KeyError, TypeError) as error:
        return [f"{path}: cannot be read: {type(error).__name__} {error}"]
    findings = [
        f"{path}: found `{text}`, expected it to end in `{end}`"
        for text, end in ((title, f" DMS {dms}"), (identity, f"/dms-{dms}.json"))
        if not text.endswith(end)
    ]
    found = rule.get("enum", [rule["const"]] if "const" in rule else [])
    if tuple(found) != (expected := dms_versions(dms)):
        findings.append(f"{path}: found `dms_version` of {', '.join(found)}, expected {', '.join(expected)}")
    return findings


def _check_changelog(root: Path, dms: str) -> list[str]:
    path = "spec/CHANGELOG.md"
    text = (root / path).read_text(encoding="utf-8") if (root / path).exists() else ""
    found = re.search(r"^## (\d\S*)", text, re.MULTILINE)
    newest = found[1] if found else "no version"
    return [] if newest == dms else [f"{path}: found `{newest}` as the newest, expected `{dms}`"]


def check(root: Path, tag: str | None = None) -> list[str]:
    """Say what differs from the two files VERSION, and from the tag."""
    try:
        versions = current(root)
    except VersionError as error:
        return [str(error)]
    findings = [finding for copy in COPIES for finding in _check_copy(root, copy, versions.spelled(copy.what))]
    for path in _texts(root):
        text = path.read_text(encoding="utf-8")
        for what, pattern in MENTIONS:
            findings += _differing(path.relative_to(root).as_posix(), text, pattern, versions.spelled(what))
    findings += _check_schema(root, versions.dms) + _check_changelog(root, versions.dms)
    if tag is not None and tag != versions.library.tag:
        findings.append(f"VERSION: found `{versions.library}`, expected what the tag `{tag}` says")
    return findings


# --- writing ------------------------------------------------------------------------------------------------


def _rewrite(path: Path, pattern: re.Pattern[str], version: str) -> None:
    text = path.read_text(encoding="utf-8")
    new = pattern.sub(rf"\g<1>{version}", text)
    if new != text:
        path.write_text(new, encoding="utf-8")


def write(root: Path, versions: Versions) -> None:
    """Write both versions and their copies; a place that is missing is left to `check`."""
    (root / "VERSION").write_text(f"{versions.library}\n", encoding="utf-8")
    (root / "spec/VERSION").write_text(f"{versions.dms}\n", encoding="utf-8")
    for copy in COPIES:
        if (root / copy.path).exists():
            _rewrite(root / copy.path, copy.pattern, versions.spelled(copy.what))
    for path in _texts(root):
        for what, pattern in MENTIONS:
            _rewrite(path, pattern, versions.spelled(what))


def set_version(root: Path, text: str) -> list[str]:
    """Write the libraries' version; say what could not be written."""
    write(root, current(root)._replace(library=Version.parse(text)))
    return check(root)


def set_dms(root: Path, text: str) -> list[str]:
    """Write the version of DMS; say what is left to a person: the schema, the changelog."""
    if _DMS.fullmatch(text) is None:
        raise VersionError(f"`{text}` is no version of DMS: expected X.Y")
    write(root, current(root)._replace(dms=text))
    return check(root)


def show(root: Path, spelling: str) -> str:
    """Spell a version."""
    versions = current(root)
    return versions.library.tag if spelling == "tag" else versions.spelled(spelling)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="version.py", description="the versions of the libraries and of DMS")
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="fail where a copy differs")
    checking.add_argument("--tag", help="compare VERSION with this tag, too")
    for name, metavar in (("set", "X.Y.Z[-rc.N]"), ("set-dms", "X.Y")):
        commands.add_parser(name, help=f"write it everywhere ({metavar})").add_argument("version", metavar=metavar)
    showing = commands.add_parser("show", help="print a version")
    showing.add_argument("spelling", nargs="?", default="library", choices=("library", "python", "tag", "dms"))
    return parser


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Check, set or show."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "show":
            print(show(root, options.spelling))
            return 0
        if options.command == "check":
            findings = check(root, options.tag)
        else:
            findings = (set_version if options.command == "set" else set_dms)(root, options.version)
    except VersionError as error:
        findings = [str(error)]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
