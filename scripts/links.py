"""The links of the Markdown files: every file, folder and heading that one names is there.

    links.py            all Markdown files that git knows
    links.py FILE …     these

Addresses of the web are not asked for: a check that needs the network fails on days that are not ours.
"""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark").enable("table")
_HTML_LINK = re.compile(r"""\b(?:href|src)=["']([^"']+)["']""")
_HTML_ANCHOR = re.compile(r"""\b(?:id|name)=["']([^"']+)["']""")
_NO_SLUG = re.compile(r"[^\w\- ]")


def tokens(text: str) -> Iterator[Token]:
    """Give the tokens of a text, those inside of lines too."""
    for token in _PARSER.parse(text):
        yield token
        yield from token.children or ()


def targets(text: str) -> list[str]:
    """Give what a text links to, in its order, images too.

    >>> targets("[a](b.md#c) `[no](link)`")
    ['b.md#c']
    """
    out: list[str] = []
    for token in tokens(text):
        if token.type in {"link_open", "image"}:
            out.append(str(token.attrGet("href") or token.attrGet("src") or ""))
        elif token.type in {"html_inline", "html_block"}:
            out += _HTML_LINK.findall(token.content)
    return out


def slug(heading: str) -> str:
    """Give the anchor of a heading as GitHub makes it.

    >>> slug("What `git` knows, and not")
    'what-git-knows-and-not'
    """
    return _NO_SLUG.sub("", heading.strip().lower().replace("`", "")).replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Give the places of a text that a link may name; a heading that stands again has a number."""
    out: set[str] = set()
    seen: dict[str, int] = {}
    flat = list(tokens(text))
    for before, token in pairwise(flat):
        if before.type == "heading_open" and token.type == "inline":
            words = (child.content for child in token.children or () if child.type in {"text", "code_inline"})
            name = slug("".join(words))
            count = seen.get(name, 0)
            seen[name] = count + 1
            out.add(f"{name}-{count}" if count else name)
        elif token.type in {"html_inline", "html_block"}:
            out |= set(_HTML_ANCHOR.findall(token.content))
    return out


def problem(source: Path, target: str, root: Path) -> str | None:
    """Say what is wrong with one link; None where it leads somewhere, or out of the repository."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    found = (source.parent / unquote(parts.path)).resolve() if parts.path else source
    if not found.is_relative_to(root):
        return f"{target} leads out of the repository"
    if not found.exists():
        return f"{target} is not there"
    if parts.fragment and found.suffix == ".md" and parts.fragment not in anchors(found.read_text(encoding="utf-8")):
        return f"{target}: {found.relative_to(root)} has no such heading"
    return None


def check(files: Iterable[Path], root: Path) -> list[str]:
    """Say which links of the files lead nowhere."""
    out: list[str] = []
    for path in files:
        for target in targets(path.read_text(encoding="utf-8")):
            wrong = problem(path, target, root)
            if wrong is not None:
                out.append(f"{path.relative_to(root)}: {wrong}")
    return out


def known_files(root: Path) -> list[Path]:
    """Give the Markdown files that git knows, or would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return [root / name for name in sorted(set(done.stdout.split("\0"))) if name and (root / name).exists()]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Check the files named, or all."""
    missing = [name for name in arguments if not Path(name).is_file()]
    if missing:
        print(f"links: no such file: {', '.join(missing)}", file=sys.stderr)
        return 2
    found = check([Path(name).resolve() for name in arguments] or known_files(root), root)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
