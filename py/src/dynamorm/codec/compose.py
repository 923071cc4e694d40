"""Composed keys: a template's text out of the stored text of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ValidationFailedError
from ..schema.template import Part
from .value import path_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..schema import Composed
    from .value import AttributeValue


class Composition:
    """One composed attribute, ready to be written."""

    def __init__(self, composed: Composed) -> None:
        """Take the template apart."""
        self.name = composed.name
        self.parts = tuple(dict.fromkeys(part.name for part in composed.template.parts))
        self._literals = composed.template.literals
        segments = composed.template.segments
        self._steps = tuple(zip(segments, (*segments[1:], ""), strict=True))

    def missing(self, item: Mapping[str, AttributeValue]) -> str | None:
        """Name the first part that is not there; None where all are."""
        return next((part for part in self.parts if part not in item), None)

    def write(self, item: Mapping[str, AttributeValue]) -> AttributeValue:
        """Compose from marshalled parts.

        Raises ValidationFailedError with the part's path where the text could not be told back into its parts.
        """
        out = ""
        for segment, following in self._steps:
            out += self._part(segment, item[segment.name], following) if isinstance(segment, Part) else segment
        return {"S": out}

    def leading(self, given: Mapping[str, AttributeValue]) -> tuple[str, bool]:
        """Compose as far as parts are given: the text, with the literal behind the last of them, and whether it is all.

        Raises ValidationFailedError with the path of the part that is missing in front of a given one.
        """
        missing = next((index for index, part in enumerate(self.parts) if part not in given), len(self.parts))
        if any(part in given for part in self.parts[missing:]):
            raise ValidationFailedError(f"a part of {self.name} is missing", path=path_name(self.parts[missing]))
        out = ""
        for segment, following in self._steps:
            if isinstance(segment, Part) and segment.name not in given:
                return out, False
            out += self._part(segment, given[segment.name], following) if isinstance(segment, Part) else segment
        return out, True

    def _part(self, part: Part, value: AttributeValue, following: str | Part) -> str:
        if part.width is not None:
            # Canonical text has no exponent below 38 digits, so that digits alone are a whole number.
            digits: str = value["N"]
            if not digits.isdigit() or len(digits) > part.width:
                raise ValidationFailedError(
                    f"a part of {self.name}: a whole number of at most {part.width} digits", path=path_name(part.name)
                )
            return digits.zfill(part.width)
        text: str = value["S"]
        behind = following if isinstance(following, str) else ""
        if (
            not text
            or any(literal in text for literal in self._literals)
            or (behind and (text + behind).index(behind) < len(text))
        ):
            raise ValidationFailedError(
                f"a part of {self.name}: not empty and without the template's own text", path=path_name(part.name)
            )
        return text
