"""What the specification holds: requirement IDs with their levels, capabilities, error codes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .yamlload import load_yaml

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Requirement:
    """One normative sentence."""

    id: str
    level: str
    text: str
    reviewed: bool
    sha: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The IDs and names that cases may cite."""

    sentences: dict[str, Requirement]
    capabilities: dict[str, str]
    mandatory: frozenset[str]
    codes: frozenset[str]

    @property
    def requirements(self) -> dict[str, str]:
        """Map each ID to its level."""
        return {name: sentence.level for name, sentence in self.sentences.items()}

    @property
    def musts(self) -> list[str]:
        """Give the IDs that a case has to prove."""
        return [name for name, sentence in self.sentences.items() if sentence.level.startswith("MUST") and not sentence.reviewed]


def load_catalogue(spec: Path) -> Catalogue:
    """Read `spec/`."""
    # The index that `make generate` writes of the pages; one program alone parses them.
    index = json.loads((spec / "requirements.json").read_text(encoding="utf-8"))["requirements"]
    sentences = {row["id"]: Requirement(row["id"], row["level"], row["text"], row["verified_by"] is not None, row["sha"]) for row in index}
    rows = load_yaml(spec / "capabilities.yaml")["capabilities"]
    return Catalogue(
        sentences,
        {row["name"]: row["tier"] for row in rows},
        frozenset(row["name"] for row in rows if "mandatory_since" in row),
        frozenset(row["code"] for row in load_yaml(spec / "errors.yaml")["codes"]),
    )
