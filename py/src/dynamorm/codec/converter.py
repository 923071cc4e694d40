"""The seam for values of the language: refusals that may be shown, and nothing else yet."""

from __future__ import annotations


class Refusal(ValueError):  # noqa: N818 - what it is called where it is caught
    """A value that an attribute cannot hold; its text names types and rules, never the value."""
