"""Placeholders: how names and values become `#n0` and `:v0`.

Two equal trees give the same text here and in the other languages; the order is that of first use, left to right.
Every name gets one, reserved or not, so that no list of words can be out of date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..codec import AttributeValue
    from .node import Path


class Placeholders:
    """The names and values of one request, shared by its expressions."""

    def __init__(self) -> None:
        """Begin with none."""
        self.names: dict[str, str] = {}
        self.values: dict[str, AttributeValue] = {}

    def path(self, path: Path) -> str:
        """Alias every name of a path; a repeated name reuses its alias."""
        out = ""
        for segment in path:
            if isinstance(segment, int):
                out += f"[{segment}]"
                continue
            alias = self.names.setdefault(segment, f"#n{len(self.names)}")
            out += f".{alias}" if out else alias
        return out

    def value(self, value: AttributeValue) -> str:
        """Give a value a placeholder of its own, also where an equal one has one."""
        alias = f":v{len(self.values)}"
        self.values[alias] = value
        return alias

    def members(self) -> dict[str, Any]:
        """Give the request members; none that would be empty."""
        out: dict[str, Any] = {}
        if self.names:
            out["ExpressionAttributeNames"] = {alias: name for name, alias in self.names.items()}
        if self.values:
            out["ExpressionAttributeValues"] = self.values
        return out
