"""The links between the pages of this repository: each file is there, and each heading that a link names.

doclinks.py    fail where a link leads nowhere

Pages are the Markdown files that git knows. Links to other sites are not followed: nothing here may depend on the
network.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it.token import Token


def pages(root: Path) -> list[Path]:
    """List the Markdown files that git knows, new ones included."""
    asked = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md")
    names = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=True).stdout.split("\n")
    return [root / name for name in sorted(set(names)) if name and (root / name).is_file()]


@cache
def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Give each link and picture of a page, and the line that its paragraph begins in."""
    for block in _tokens(page):
        line = block.map[0] + 1 if block.map else 0
        for token in block.children or ():
            target = token.attrGet("href") or token.attrGet("src")
            if isinstance(target, str):
                yield line, target


def slug(heading: str) -> str:
    """Give the name by which a heading is linked to.

    >>> slug("What `make test` does, and why")
    'what-make-test-does-and-why'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Give the names of a page's headings; the second of two equal ones ends in -1."""
    tokens = _tokens(page)
    headings = [after for token, after in pairwise(tokens) if token.type == "heading_open"]
    seen: Counter[str] = Counter()
    found: set[str] = set()
    for heading in headings:
        name = slug("".join(part.content for part in heading.children or ()))
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return frozenset(found)


def wrong(root: Path, page: Path, target: str) -> str | None:
    """Say what is wrong with a link, if anything."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    there = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not there.is_relative_to(root) or not there.exists():
        return "there is no such file"
    if parts.fragment and there.suffix == ".md" and unquote(parts.fragment) not in anchors(there):
        return "there is no such heading"
    return None


def check(root: Path) -> list[str]:
    """Name every link that leads nowhere."""
    root = root.resolve()
    return [
        f"{page.relative_to(root)}:{line}: {target}: {problem}"
        for page in pages(root)
        for line, target in links(page)
        if (problem := wrong(root, page, target))
    ]


def main(root: Path = ROOT) -> int:
    """Check."""
    findings = check(root)
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
