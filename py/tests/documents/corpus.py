"""Documents of the contract suite, as texts."""

from __future__ import annotations

from pathlib import Path

SUITE = Path(__file__).parents[3] / "contract-tests"
SPEC = Path(__file__).parents[3] / "spec"
FILES = sorted(
    [path for path in (SUITE / "dms/valid").glob("*.*") if ".canonical." not in path.name and path.name != "index.yaml"]
    + list((SUITE / "models").glob("*.yaml"))
)


def text_of(path: Path) -> str:
    """Read a document as it stands there, its ends of lines too."""
    return path.read_bytes().decode()
