"""The changelog: one sentence for each change in docs/changes/, gathered into CHANGELOG.md by a release.

    changelog.py check                          fail where a fragment or CHANGELOG.md breaks a rule
    changelog.py draft                          print what the next release would say
    changelog.py release 0.2.0 [--date 2027-01-31]

A fragment is `docs/changes/<slug>.<kind>.md`; docs/changes/README.md says how one is written. A release candidate
leaves the fragments where they are and its section is taken out by the next one of the same version, so that the
release tells everything since the release before. The date is the last commit's, unless it is given.

Towncrier was tried: it gathers well, but passes over a file whose kind it does not know, knows no candidates and
reads no sentences, so all that is checked here would stand beside its configuration and template.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from toolpaths import ROOT
from version import Version, VersionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHANGES = "docs/changes"
CHANGELOG = "CHANGELOG.md"
KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")
LANGUAGES = {"py": "Python", "ts": "TypeScript", "go": "Go"}
_NAME = re.compile(rf"(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<kind>{'|'.join(KINDS)})\.md")
_CODE = re.compile(r"``.*?``|`[^`]*`")
_SENTENCE_ENDS = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!etc)[.!?]\)? +(?=[A-Z0-9`])")
_MARK = re.compile(r"\(((?:[a-z]+, )*[a-z]+)\)\.$")
_SECTION = re.compile(r"^## (?P<title>[^\n]*)\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class ChangelogError(Exception):
    """Something cannot be gathered; the message has one sentence per line."""


@dataclass(frozen=True)
class Fragment:
    """One change: the sentence that its users read."""

    slug: str
    kind: str
    text: str

    @property
    def order(self) -> tuple[int, list[tuple[int, str]]]:
        """Give its place: by kind, then by slug, numbers by their value."""
        return KINDS.index(self.kind), [(int(part) if part.isdigit() else -1, part) for part in self.slug.split("-")]


# --- the rules ----------------------------------------------------------------------------------------------


def _language_findings(text: str) -> list[str]:
    """Say what is wrong with the languages at a sentence's end, or that some have to stand there."""
    prose = _CODE.sub("", text)
    mark = _MARK.search(prose)
    marked = mark[1].split(", ") if mark else []
    if set(marked) & set(LANGUAGES):
        known = [language for language in LANGUAGES if language in marked]
        return [] if marked == known else [f"the languages are written `({', '.join(known)})`, in this order"]
    named = [key for key, name in LANGUAGES.items() if re.search(rf"\b{name}\b", prose)]
    if 0 < len(named) < len(LANGUAGES):
        return [f"a change of some languages ends in their names, as in `… ({', '.join(named)}).`"]
    return []


def sentence_findings(text: str) -> list[str]:
    """Say what keeps a text from being one sentence for users.

    >>> sentence_findings("`Table.query` takes a cursor (py, ts).")
    []
    >>> sentence_findings("Two things. Both are new.")
    ['it is more than one sentence']
    """
    line = " ".join(text.split())
    findings: list[str] = []
    if not line:
        return ["it is empty"]
    if re.search(r"\n\s*\n", text.strip()) or line.startswith(("-", "*", "#", ">")):
        findings.append("it is one paragraph, without heading or list")
    elif line[0].islower():
        findings.append("it begins with a capital letter")
    if not line.endswith(".") or line.endswith(".."):
        findings.append("it ends with a full stop")
    if _SENTENCE_ENDS.search(_CODE.sub("`", line)):
        findings.append("it is more than one sentence")
    return findings + _language_findings(line)


def read(root: Path) -> tuple[list[Fragment], list[str]]:
    """Give the fragments in the order of the changelog, and what is wrong with any."""
    fragments: list[Fragment] = []
    findings: list[str] = []
    for path in sorted((root / CHANGES).glob("*")):
        place, name = path.relative_to(root).as_posix(), _NAME.fullmatch(path.name)
        if path.name == "README.md":
            continue
        if name is None or not path.is_file():
            findings.append(f"{place}: found this name, expected `<slug>.<kind>.md`, a kind being {', '.join(KINDS)}")
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        findings += [f"{place}: {finding}" for finding in sentence_findings(text)]
        fragments.append(Fragment(name["slug"], name["kind"], text.strip()))
    return sorted(fragments, key=lambda fragment: fragment.order), findings


def _text(root: Path) -> str:
    try:
        return (root / CHANGELOG).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChangelogError(f"{CHANGELOG}: cannot be read: {error}") from error


def _sections(text: str) -> dict[str, str]:
    """Give each section of the changelog by its title."""
    return {found["title"].strip(): found[0] for found in _SECTION.finditer(text)}


def _title_findings(text: str) -> list[str]:
    findings: list[str] = []
    for title in _sections(text):
        version, _, date = title.partition(" - ")
        try:
            Version.parse(version)
            dt.date.fromisoformat(date)
        except (VersionError, ValueError):
            findings.append(
                f"{CHANGELOG}: found the section `{title}`, expected `VERSION - YYYY-MM-DD`; "
                f"what is not released stands in {CHANGES}/"
            )
    return findings


def check(root: Path) -> list[str]:
    """Say what is wrong with the fragments and the changelog."""
    try:
        return read(root)[1] + _title_findings(_text(root))
    except ChangelogError as error:
        return [str(error)]


# --- gathering ----------------------------------------------------------------------------------------------


def render(fragments: Sequence[Fragment]) -> str:
    """Write the fragments as a section's text."""
    parts: list[str] = []
    for kind, group in groupby(fragments, key=lambda fragment: fragment.kind):
        entries = ["- " + "\n  ".join(line.strip() for line in one.text.splitlines()) for one in group]
        parts.append(f"### {kind.capitalize()}\n\n" + "\n".join(entries) + "\n")
    return "\n".join(parts)


def draft(root: Path) -> str:
    """Give what the next release would say."""
    fragments, findings = read(root)
    if findings:
        raise ChangelogError("\n".join(findings))
    return render(fragments)


def section(root: Path, version: Version) -> str:
    """Give what the changelog says of a release, without its heading."""
    for title, text in _sections(_text(root)).items():
        if title.partition(" - ")[0] == str(version):
            return text.partition("\n")[2].strip() + "\n"
    raise ChangelogError(f"{CHANGELOG}: there is no section of {version}")


def commit_date(root: Path) -> dt.date:
    """Give the day of the last commit."""
    done = subprocess.run(
        ["git", "-C", str(root), "log", "-1", "--format=%cs"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ChangelogError(f"there is no commit to take the date from; give --date: {done.stderr.strip()}")
    return dt.date.fromisoformat(done.stdout.strip())


def release(root: Path, version: Version, date: dt.date) -> None:
    """Gather the fragments into the changelog; the release itself takes them away."""
    body = draft(root)
    if not body:
        raise ChangelogError(f"{CHANGES}: found no fragment, expected at least one to release {version}")
    text = _text(root)
    kept = _SECTION.sub(lambda found: "" if _candidate_of(found["title"], version) else found[0], text)
    if any(title.partition(" - ")[0] == str(version) for title in _sections(kept)):
        raise ChangelogError(f"{CHANGELOG}: {version} stands there already")
    head, _, tail = kept.partition("\n## ")
    new = f"{head.rstrip()}\n\n## {version} - {date.isoformat()}\n\n{body}" + (f"\n## {tail}" if tail else "")
    (root / CHANGELOG).write_text(new, encoding="utf-8")
    if version.candidate is None:
        for fragment in read(root)[0]:
            (root / CHANGES / f"{fragment.slug}.{fragment.kind}.md").unlink()


def _candidate_of(title: str, version: Version) -> bool:
    """Say whether a section is that of an earlier candidate of this version."""
    try:
        one = Version.parse(title.partition(" - ")[0])
    except VersionError:
        return False
    return one.core == version.core and one.candidate is not None and one != version


# --- the command --------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="changelog.py", description="the changes between two releases")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="fail where a fragment breaks a rule")
    commands.add_parser("draft", help="print what the next release would say")
    releasing = commands.add_parser("release", help="gather the fragments into CHANGELOG.md")
    releasing.add_argument("version", metavar="X.Y.Z[-rc.N]")
    releasing.add_argument("--date", type=dt.date.fromisoformat, help="default: that of the last commit")
    return parser


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Check, print or gather."""
    options = _parser().parse_args(arguments)
    findings: list[str] = []
    try:
        if options.command == "check":
            findings = check(root)
        elif options.command == "draft":
            print(draft(root) or "Nothing changed since the last release.\n", end="")
        else:
            release(root, Version.parse(options.version), options.date or commit_date(root))
    except (ChangelogError, VersionError) as error:
        findings = [str(error)]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
