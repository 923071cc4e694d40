"""The index of the specification's sentences: spec/*.md to spec/requirements.json.

A requirement is a quoted paragraph `> **DMS-QRY-017** (MUST) text`, or with a reason why no case can
reach it `(MUST; verified-by: review — reason)`. Its tier is that of the nearest line `Tier: P0` above it.
Outside such paragraphs the words of RFC 2119 have no force, so finding one there is an error: somebody
meant a rule and forgot its ID. The page that explains the words may name them between the comments
`<!-- rfc2119: off -->` and `<!-- rfc2119: on -->`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY")
_HEAD = re.compile(
    r"^\*\*(?P<id>DMS-[A-Z0-9]+-\d{3})\*\* \((?P<note>[^)]*(?:\([^)]*\)[^)]*)*)\) (?P<text>\S.*)$", re.DOTALL
)
_LOOKS_LIKE_HEAD = re.compile(r"DMS-[A-Z0-9]+-\d+")
_NOTE = re.compile(r"^(?P<level>[A-Z ]+?)(?:; verified-by: (?P<by>[a-z]+) — (?P<reason>\S.*))?$", re.DOTALL)
_TIER = re.compile(r"^Tier: (P\d)\s*$")
_NORMATIVE = re.compile(r"\b(MUST|SHALL|SHOULD|MAY|REQUIRED|RECOMMENDED|OPTIONAL)\b")
_CODE = re.compile(r"``.*?``|`[^`]*`")


class SpecError(Exception):
    """The specification's text breaks a rule of its own; the message has one line per finding."""


@dataclass(frozen=True)
class VerifiedBy:
    """Who proves a sentence where no case can: the means, and why."""

    means: str
    reason: str


@dataclass(frozen=True)
class Requirement:
    """One normative sentence."""

    id: str
    level: str
    tier: str
    text: str
    sha: str
    file: str
    verified_by: VerifiedBy | None


def normalise(text: str) -> str:
    r"""Collapse white space, so that rewrapping a paragraph does not change its hash.

    >>> normalise(" one\n  two ")
    'one two'
    """
    return " ".join(text.split())


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give paragraphs (runs of lines that are not blank) with the number of their first line."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _quoted_items(start: int, block: list[str]) -> Iterator[tuple[int, str]]:
    """Split a quoted block before each bold ID: several sentences may stand line under line."""
    item: list[str] = []
    first = start
    for offset, line in enumerate(block):
        content = line.removeprefix(">").strip()
        if content.startswith("**DMS-") and item:
            yield first, "\n".join(item)
            item, first = [], start + offset
        item.append(content)
    yield first, "\n".join(item)


def _parse(content: str, tier: str, file: str) -> Requirement | str:
    """Give the requirement, or what is wrong with it."""
    head = _HEAD.match(content)
    if head is None:
        return "this looks like a requirement, but is not `> **DMS-TOP-001** (LEVEL) text`"
    note = _NOTE.match(normalise(head["note"]))
    if note is None or note["level"] not in LEVELS:
        return f"{head['id']}: the level `{head['note']}` is none of {', '.join(LEVELS)}, or its reason is missing"
    text = normalise(head["text"])
    verified = VerifiedBy(note["by"], normalise(note["reason"])) if note["by"] else None
    sha = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return Requirement(head["id"], note["level"], tier, text, sha, file, verified)


class _Page:
    """The reading of one page: its requirements and findings."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.requirements: list[Requirement] = []
        self.findings: list[str] = []
        self._tier = "P0"
        self._fenced = False
        self._exempt = False
        for start, block in _blocks(text):
            self._read(start, block)

    def _read(self, start: int, block: list[str]) -> None:
        if not self._fenced and block[0].startswith(">"):
            for number, content in _quoted_items(start, block):
                self._read_quote(number, content)
            return
        for offset, line in enumerate(block):
            self._read_line(start + offset, line)

    def _read_quote(self, line: int, content: str) -> None:
        if not _LOOKS_LIKE_HEAD.match(content.lstrip("*")):
            self._read_prose(line, content)
            return
        parsed = _parse(content, self._tier, self.name)
        if isinstance(parsed, Requirement):
            self.requirements.append(parsed)
        else:
            self.findings.append(f"{self.name}:{line}: {parsed}")

    def _read_line(self, number: int, line: str) -> None:
        if line.lstrip().startswith(("```", "~~~")):
            self._fenced = not self._fenced
        elif tier := _TIER.match(line):
            self._tier = tier[1]
        elif "<!-- rfc2119: off -->" in line:
            self._exempt = True
        elif "<!-- rfc2119: on -->" in line:
            self._exempt = False
        else:
            self._read_prose(number, line)

    def _read_prose(self, number: int, line: str) -> None:
        if self._fenced or self._exempt:
            return
        if word := _NORMATIVE.search(_CODE.sub("", line)):
            self.findings.append(f"{self.name}:{number}: `{word[0]}` stands outside a requirement with an ID")


def read(spec: Path) -> list[Requirement]:
    """Read every page of the specification in the order of their names; refuse all findings at once."""
    pages = [_Page(path.name, path.read_text(encoding="utf-8")) for path in sorted(spec.glob("*.md"))]
    findings = [finding for page in pages for finding in page.findings]
    requirements = [requirement for page in pages for requirement in page.requirements]
    homes: dict[str, str] = {}
    for requirement in requirements:
        if requirement.id in homes:
            findings.append(f"{requirement.file}: {requirement.id} stands in {homes[requirement.id]} already")
        homes.setdefault(requirement.id, requirement.file)
    if findings:
        raise SpecError("\n".join(findings))
    return requirements


def render(spec: Path) -> str:
    """Give the text of requirements.json, one requirement a line so that a change reads well in a diff."""
    lines = [json.dumps(asdict(requirement), ensure_ascii=False) for requirement in read(spec)]
    body = ",\n".join(f"    {line}" for line in lines)
    note = "Code generated by scripts/generate.py from spec/*.md; DO NOT EDIT."
    return f'{{\n  "comment": {json.dumps(note)},\n  "schema_version": "1.0",\n  "requirements": [\n{body}\n  ]\n}}\n'
