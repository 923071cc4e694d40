"""Key templates: literal text and parts, `CUSTOMER#{customer_id}`, `ORDER#{number:08d}` (spec/10-model.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass

WIDTH_MAX = 19
"""The digits of the largest int64."""
_PART = re.compile(r"\{([^{}]+?)(?::0([1-9][0-9]?)d)?\}")
_TOKEN = re.compile(r"\{[^{}]*\}|[^{}]+|.", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """An attribute inside a template; a number has a width."""

    name: str
    width: int | None = None


@dataclass(frozen=True)
class Template:
    """A parsed template: literals and parts in their order."""

    segments: tuple[str | Part, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Give the parts, in their order."""
        return tuple(segment for segment in self.segments if isinstance(segment, Part))

    @property
    def literals(self) -> tuple[str, ...]:
        """Give the literal texts, in their order."""
        return tuple(segment for segment in self.segments if isinstance(segment, str))


def parse_template(text: str) -> Template:
    """Parse a template's text.

    Raises ValueError where a brace is no part's, or where the text could not be told back into its parts.
    """
    segments: list[str | Part] = []
    for token in _TOKEN.findall(text):
        if token[0] not in "{}":
            segments.append(token)
            continue
        found = _PART.fullmatch(token)
        if found is None:
            raise ValueError("a part is {attribute} or {attribute:0Nd}")
        width = None if found[2] is None else int(found[2])
        if width is not None and width > WIDTH_MAX:
            raise ValueError(f"a width is at most {WIDTH_MAX}")
        before = segments[-1] if segments else ""
        if isinstance(before, Part) and before.width is None:
            raise ValueError("two parts need text between them")
        segments.append(Part(found[1], width))
    return Template(tuple(segments))
