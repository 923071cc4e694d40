"""The refusal of one value, before it is known where the value stands; it never leaves the library as it is."""

from __future__ import annotations


class Refusal(ValueError):  # noqa: N818 - what it is called where it is caught
    """A value that an attribute cannot hold; its text names types and rules, never the value."""
