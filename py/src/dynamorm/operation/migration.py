"""How far a migration is: what became of the items of each segment, and where it goes on, as text of one spelling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..codec.json_text import read_json, write_json
from ..errors import InvalidCursorError
from ..errors.refusal import Refusal
from ..limits import SCAN_SEGMENTS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Phase = Literal["backup", "copy"]
PHASES: tuple[Phase, ...] = ("backup", "copy")
NUMBERS = ("read", "written", "present", "different", "skipped", "failed")
VERSION = 1


@dataclass(frozen=True)
class MigrationCounts:
    """How many items were read, and what became of them; `reasons` tells how often each reason occurred, by its code.

    `present` are those that the target holds alike, `different` those that it holds otherwise, which stay as they are.
    """

    read: int = 0
    written: int = 0
    present: int = 0
    different: int = 0
    skipped: int = 0
    failed: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict[str, int])

    def plus(self, other: MigrationCounts) -> MigrationCounts:
        """Give both together."""
        reasons = dict(self.reasons)
        for code, number in other.reasons.items():
            reasons[code] = reasons.get(code, 0) + number
        numbers = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        return MigrationCounts(**numbers, reasons=reasons)

    def members(self) -> dict[str, Any]:
        """Give what is not 0."""
        out: dict[str, Any] = {name: getattr(self, name) for name in NUMBERS if getattr(self, name)}
        return out | ({"reasons": dict(self.reasons)} if self.reasons else {})


@dataclass(frozen=True)
class SegmentPlace:
    """Where a segment is: its numbers, and the cursor to go on from; None where it is done."""

    counts: MigrationCounts
    at: str | None

    def members(self) -> dict[str, Any]:
        """Give it as JSON."""
        return self.counts.members() | ({"done": True} if self.at is None else {"at": self.at})


class MigrationPlace:
    """Where a migration is, in all its segments; one that was not begun has no place."""

    def __init__(self, segments: int) -> None:
        """Begin with nothing done."""
        self.segments = segments
        self.phases: dict[Phase, dict[int, SegmentPlace]] = {phase: {} for phase in PHASES}

    def counts(self, phase: Phase, numbers: Iterable[int]) -> MigrationCounts:
        """Give the numbers of some segments together."""
        done, out = self.phases[phase], MigrationCounts()
        for number in numbers:
            if number in done:
                out = out.plus(done[number].counts)
        return out

    def is_done(self, phase: Phase, number: int) -> bool:
        """Tell whether a segment is done."""
        place = self.phases[phase].get(number)
        return place is not None and place.at is None

    def text(self) -> str:
        """Give it as canonical JSON."""
        phases = {
            phase: {str(number): place.members() for number, place in places.items()}
            for phase, places in self.phases.items()
            if places
        }
        return write_json({**phases, "segments": self.segments, "v": VERSION})


def read_place(text: Any, check_at: Callable[[Phase, int, int, str], object]) -> MigrationPlace:  # noqa: ANN401 - the caller's argument
    """Read the text of a place; `check_at` refuses cursors in it that are of another read.

    Raises InvalidCursorError for what is not byte for byte what would have been written.
    """
    try:
        members = read_json(text)
        out = MigrationPlace(_segments(members["segments"]))
        for phase in PHASES:
            out.phases[phase] = {int(number): _segment(place) for number, place in members.get(phase, {}).items()}
        is_ours = out.text() == text
    except (Refusal, ValueError, TypeError, LookupError, AttributeError):
        raise InvalidCursorError("the cursor of a migration cannot be read") from None
    if not is_ours:
        raise InvalidCursorError("the cursor is spelled otherwise than this library does")
    for phase, places in out.phases.items():
        for number, place in places.items():
            if not 0 <= number < out.segments:
                raise InvalidCursorError("the cursor has a segment beyond the last")
            if place.at is not None:
                check_at(phase, number, out.segments, place.at)
    return out


def _segments(given: Any) -> int:  # noqa: ANN401 - any JSON value
    segments = _number(given)
    if segments > SCAN_SEGMENTS_MAX:
        raise Refusal("too many segments")
    return segments


def _number(given: Any) -> int:  # noqa: ANN401 - any JSON value
    if type(given) is not int or given < 1:
        raise Refusal("not a number from 1")
    return given


def _segment(given: Any) -> SegmentPlace:  # noqa: ANN401 - any JSON value
    """Read one segment; what is left over is seen when it is written again."""
    reasons = {code: _number(number) for code, number in given.get("reasons", {}).items()}
    numbers = {name: _number(given[name]) for name in NUMBERS if name in given}
    at = given.get("at")
    if "at" in given and not isinstance(at, str):
        raise Refusal("no cursor")
    return SegmentPlace(MigrationCounts(**numbers, reasons=reasons), at)
