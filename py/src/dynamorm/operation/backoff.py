"""How often the library itself sends something again, and how long it waits before it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ValidationFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    # Numbers from 0 to below 1.
    Random = Callable[[], float]

_DOUBLINGS_MAX = 64


@dataclass(frozen=True)
class Retries:
    """What is left of a batch, and a transaction cancelled by others, is sent at most `max_attempts` times.

    So is a request of a migration that is throttled. Before the n-th repetition the library waits a random part
    of `base_ms` doubled n - 1 times, at most of `cap_ms`.
    Every other retry is the SDK's, by its own settings.
    """

    max_attempts: int = 10
    base_ms: int = 50
    cap_ms: int = 5_000

    def __post_init__(self) -> None:
        """Refuse what is no number of attempts or no time."""
        if self.max_attempts < 1:
            raise ValidationFailedError("max_attempts is at least 1")
        if self.base_ms < 0 or self.cap_ms < 0:
            raise ValidationFailedError("base_ms and cap_ms are at least 0")


class Attempts:
    """The attempts of one thing that is sent."""

    def __init__(self, retries: Retries, random: Random) -> None:
        """Begin with none."""
        self._retries, self._random, self._sent = retries, random, 0

    @property
    def spent(self) -> bool:
        """Tell whether there is none left."""
        return self._sent >= self._retries.max_attempts

    def delay_ms(self) -> int | None:
        """Count an attempt, and give the wait before it; only a repetition waits, and reads the random source."""
        repetition = self._sent
        self._sent += 1
        if not repetition:
            return None
        doubled = self._retries.base_ms << min(repetition - 1, _DOUBLINGS_MAX)
        return int(self._random() * min(self._retries.cap_ms, doubled))
