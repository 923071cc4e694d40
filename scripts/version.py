"""The version: written by a person in the file VERSION only, copied from there to the three libraries.

version.py check      fail where a library says something else
version.py set 0.2.0  write VERSION and the copies
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolpaths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

USAGE = "usage: version.py check | set X.Y.Z"
VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?")


@dataclass(frozen=True)
class Copy:
    """A file that repeats the version, and the text around it."""

    path: str
    before: str

    def pattern(self) -> re.Pattern[str]:
        """Match the version where this file has it."""
        return re.compile(rf'({re.escape(self.before)})"([^"]*)"')


COPIES = (
    Copy("py/src/dynamorm/_version.py", "__version__ = "),
    Copy("ts/package.json", '"version": '),
    Copy("dynamorm/version.go", "const Version = "),
)


def check(root: Path) -> list[str]:
    """Say which copies differ from VERSION."""
    version = (root / "VERSION").read_text(encoding="utf-8").strip()
    if VERSION.fullmatch(version) is None:
        return [f"VERSION: `{version}` is no version"]
    findings: list[str] = []
    for copy in COPIES:
        found = copy.pattern().search((root / copy.path).read_text(encoding="utf-8"))
        if found is None:
            findings.append(f"{copy.path}: there is no `{copy.before}` here")
        elif found[2] != version:
            findings.append(f"{copy.path}: {found[2]}, but VERSION says {version}")
    return findings


def write(root: Path, version: str) -> None:
    """Write VERSION and the copies."""
    (root / "VERSION").write_text(f"{version}\n", encoding="utf-8")
    for copy in COPIES:
        path = root / copy.path
        text = copy.pattern().sub(rf'\g<1>"{version}"', path.read_text(encoding="utf-8"), count=1)
        path.write_text(text, encoding="utf-8")


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Check, or set."""
    match arguments:
        case ["check"]:
            findings = check(root)
        case ["set", version] if VERSION.fullmatch(version):
            write(root, version)
            findings = check(root)
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
