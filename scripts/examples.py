"""The READMEs' first examples: the block of code behind the mark that names its file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from toolpaths import ROOT

MARKED = re.compile(r"<!-- the file (\S+); a test keeps the two equal -->\n+```\w+\n(.*?)```\n", re.DOTALL)


class ExampleError(Exception):
    """A README has no first example."""


@dataclass(frozen=True)
class Example:
    """A README's first example, and the last line that it prints."""

    readme: str
    last: str

    def lift(self) -> tuple[str, str]:
        """Give the file that the README names, and the code that it shows."""
        found = MARKED.search((ROOT / self.readme).read_text(encoding="utf-8"))
        if found is None:
            raise ExampleError(f"{self.readme} has no block of code behind `<!-- the file …; a test keeps … -->`")
        return found[1], found[2]


EXAMPLES = {
    "py": Example("README.md", "deleted True"),
    "ts": Example("ts/README.md", "deleted true"),
    "go": Example("dynamorm/README.md", "there after delete: false"),
}
