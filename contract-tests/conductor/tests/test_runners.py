"""The runners are thin: short files, no case known by name, public imports only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from dynamorm_contract.catalogue import load_catalogue
from dynamorm_contract.load import ROOT, SUITE, Loader, Models
from dynamorm_contract.suite import KNOWN, load_languages

if TYPE_CHECKING:
    from pathlib import Path

    from dynamorm_contract.suite import Language

# The tests beside the runners are the native entry points: they drive the conductor, not the library.
SOURCES = sorted(path for path in (SUITE / "runners").rglob("*") if path.suffix in {".py", ".ts", ".go"} and "test" not in path.stem.split("_"))
LINES_MAX, SUM_MAX, TIER_MAX = 600, 800, 300
PRIVATE = (re.compile(r"from dynamorm[\w.]*\._|import dynamorm[\w.]*\._(?!version)"), re.compile(r"/internal/"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SUITE / "runners")))
def test_a_runners_file_is_short_and_uses_the_public_library(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_MAX
    assert not [pattern.pattern for pattern in PRIVATE if pattern.search(text)]


@pytest.mark.parametrize("language", load_languages(list(KNOWN), "node"), ids=lambda language: language.key)
def test_a_runner_is_short_as_a_whole(language: Language) -> None:
    lines = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in language.source}
    assert sum(lines.values()) <= SUM_MAX
    assert sum(count for name, count in lines.items() if "/values." not in name) <= LINES_MAX
    assert all(len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= TIER_MAX for name in language.tiers)


def test_no_runner_knows_a_case() -> None:
    templates = {case.template for case in Loader(Models.load(SUITE / "models"), load_catalogue(ROOT / "spec")).folder(SUITE / "cases")}
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert not [template for template in templates if template in text]
