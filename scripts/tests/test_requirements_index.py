"""requirements_index.py: which sentences it finds, and which texts it refuses."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

import requirements_index
import toolpaths

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """\
# Queries

Tier: P1

> **DMS-QRY-001** (MUST) A query has
> one  key.

Prose may say `MUST` in code, and in small letters what it must.

```
a MUST in a fence is an example
```

> **DMS-QRY-002** (MUST NOT; verified-by: review — nobody can (yet)
> see it) It never waits.
> **DMS-QRY-003** (SHOULD) A line under a line is a sentence of its own.

Tier: P2

> **DMS-QRY-004** (MAY) It may.

> A quotation that is no requirement.
"""


def page(folder: Path, text: str, name: str = "10-page.md") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def findings(folder: Path) -> list[str]:
    with pytest.raises(requirements_index.SpecError) as caught:
        requirements_index.read(folder)
    return str(caught.value).splitlines()


def test_every_sentence_is_found_with_level_tier_and_text(tmp_path: Path) -> None:
    found = requirements_index.read(page(tmp_path, PAGE))
    assert [(one.id, one.level, one.tier, one.text) for one in found] == [
        ("DMS-QRY-001", "MUST", "P1", "A query has one key."),
        ("DMS-QRY-002", "MUST NOT", "P1", "It never waits."),
        ("DMS-QRY-003", "SHOULD", "P1", "A line under a line is a sentence of its own."),
        ("DMS-QRY-004", "MAY", "P2", "It may."),
    ]
    assert found[0].sha == hashlib.sha256(b"A query has one key.").hexdigest()
    assert found[0].file == "10-page.md"


def test_what_no_case_can_reach_keeps_its_reason(tmp_path: Path) -> None:
    found = {one.id: one.verified_by for one in requirements_index.read(page(tmp_path, PAGE))}
    assert found["DMS-QRY-001"] is None
    assert found["DMS-QRY-002"] == requirements_index.VerifiedBy("review", "nobody can (yet) see it")


def test_rewrapping_a_sentence_keeps_its_hash(tmp_path: Path) -> None:
    first = requirements_index.read(page(tmp_path, "> **DMS-A-001** (MUST) One two.\n"))
    second = requirements_index.read(page(tmp_path, "> **DMS-A-001** (MUST) One\n> two.\n"))
    assert first == second


def test_the_same_id_twice_is_refused(tmp_path: Path) -> None:
    page(tmp_path, "> **DMS-A-001** (MUST) One.\n")
    page(tmp_path, "> **DMS-A-001** (MUST) Two.\n", "20-other.md")
    assert findings(tmp_path) == ["20-other.md: DMS-A-001 stands in 10-page.md already"]


@pytest.mark.parametrize("word", ["MUST", "MUST NOT", "SHOULD", "MAY", "SHALL", "REQUIRED"])
def test_a_word_of_force_outside_a_sentence_is_refused(tmp_path: Path, word: str) -> None:
    (finding,) = findings(page(tmp_path, f"Line one.\nIt {word} be so.\n"))
    assert finding.startswith("10-page.md:2: ")


def test_a_word_of_force_in_a_plain_quotation_is_refused(tmp_path: Path) -> None:
    (finding,) = findings(page(tmp_path, "> It MUST be so.\n"))
    assert finding.startswith("10-page.md:1: ")


def test_the_page_that_explains_the_words_may_name_them(tmp_path: Path) -> None:
    text = "<!-- rfc2119: off -->\n\nMUST is a word.\n\n<!-- rfc2119: on -->\n\nMAY is one.\n"
    (finding,) = findings(page(tmp_path, text))
    assert finding.startswith("10-page.md:7: `MAY`")


@pytest.mark.parametrize(
    "text",
    [
        "> **DMS-A-001** MUST be so.",
        "> **DMS-A-1** (MUST) be so.",
        "> **DMS-A-001** (WILL) be so.",
        "> **DMS-A-001** (MUST; verified-by: review) be so.",
        "> **DMS-A-001** (MUST)",
    ],
    ids=["no level", "short number", "unknown level", "no reason", "no text"],
)
def test_a_broken_head_is_refused(tmp_path: Path, text: str) -> None:
    assert len(findings(page(tmp_path, text + "\n"))) == 1


def test_all_findings_are_reported_at_once(tmp_path: Path) -> None:
    assert len(findings(page(tmp_path, "It MUST.\n\n> **DMS-A-001** (WILL) be.\n\nIt MAY.\n"))) == 3


def test_the_index_of_this_repository_has_every_page() -> None:
    index = json.loads(requirements_index.render(toolpaths.ROOT / "spec"))
    pages = {one["file"] for one in index["requirements"]}
    assert {"00-conventions.md", "10-model.md", "20-encoding.md", "30-crud.md", "90-errors.md"} <= pages
    assert set(index["requirements"][0]) == {"id", "level", "tier", "text", "sha", "file", "verified_by"}
