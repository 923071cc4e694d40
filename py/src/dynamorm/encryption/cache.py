"""Data keys that are used again: for how long, for how many envelopes, and for nothing but what they were asked for."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import ValidationFailedError
from ..limits import DATA_KEY_USES_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ENTRIES = 1_000
NANOS = 1_000_000_000
Purpose = tuple[str, tuple[tuple[str, str], ...]]
"""A KMS key and a whole encryption context: what a data key is for."""


@dataclass(frozen=True)
class DataKey:
    """A data key and its wrapped form, as a key service gives them."""

    plaintext: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)


@dataclass(repr=False, eq=False)
class _Entry:
    purpose: Purpose
    data_key: DataKey
    born_ns: int
    uses: int


def purpose_of(key: str, context: Mapping[str, str]) -> Purpose:
    """Give what a data key of a KMS key and an encryption context is for."""
    return key, tuple(sorted(context.items()))


class DataKeyCache:
    """Keeps data keys in memory, so that KMS is asked less often; several `Encryption`s may share one.

    A data key seals at most `max_uses` values, and it seals and opens until it is `max_age` seconds old. At most
    `max_entries` are kept; the least recently used goes first. A data key serves nothing but the KMS key, the client's
    context, the model and the attribute that it was asked for. Threads may share it.
    """

    def __init__(self, max_age: float, max_uses: int, max_entries: int = MAX_ENTRIES) -> None:
        """Say how long and how often.

        Raises ValidationFailedError.
        """
        if not _is_number(max_age, (int, float)) or not math.isfinite(max_age) or max_age <= 0:
            raise ValidationFailedError("the max_age of a data key is over 0")
        if not _is_number(max_uses, (int,)) or not 1 <= max_uses <= DATA_KEY_USES_MAX:
            raise ValidationFailedError(f"the max_uses of a data key are from 1 to {DATA_KEY_USES_MAX}")
        if not _is_number(max_entries, (int,)) or max_entries < 1:
            raise ValidationFailedError("the max_entries of a cache are at least 1")
        self._max_age_ns, self._max_uses, self._max_entries = max(round(max_age * NANOS), 1), max_uses, max_entries
        self._lock = Lock()
        self._entries: OrderedDict[tuple[Purpose, bytes], _Entry] = OrderedDict()
        self._sealing: dict[Purpose, _Entry] = {}

    def __repr__(self) -> str:
        """Say how many keys there are, and nothing of them."""
        return f"DataKeyCache({len(self._entries)} of {self._max_entries})"

    def take(self, purpose: Purpose, now_ns: int) -> DataKey | None:
        """Give the key to seal one more value with, if there is one."""
        with self._lock:
            entry = self._sealing.get(purpose)
            if entry is None or not self._is_young(entry, now_ns) or entry.uses >= self._max_uses:
                return None
            entry.uses += 1
            self._entries.move_to_end((purpose, entry.data_key.wrapped))
            return entry.data_key

    def find(self, purpose: Purpose, wrapped: bytes, now_ns: int) -> DataKey | None:
        """Give the key that a wrapped one is, if it is there."""
        with self._lock:
            entry = self._entries.get((purpose, wrapped))
            if entry is None or not self._is_young(entry, now_ns):
                return None
            self._entries.move_to_end((purpose, wrapped))
            return entry.data_key

    def keep(self, purpose: Purpose, data_key: DataKey, now_ns: int, *, generated: bool) -> None:
        """Keep a key; one that was generated has sealed one value, and is there to seal more."""
        place = (purpose, data_key.wrapped)
        with self._lock:
            known = self._entries.get(place)
            if not generated and known is not None:
                if self._is_young(known, now_ns):  # another thread was faster
                    return
                if self._sealing.get(purpose) is known:
                    del self._sealing[purpose]
            entry = self._entries[place] = _Entry(purpose, data_key, now_ns, 1)
            self._entries.move_to_end(place)
            if generated:
                self._sealing[purpose] = entry
            while len(self._entries) > self._max_entries:
                _, gone = self._entries.popitem(last=False)
                if self._sealing.get(gone.purpose) is gone:
                    del self._sealing[gone.purpose]

    def _is_young(self, entry: _Entry, now_ns: int) -> bool:
        return now_ns - entry.born_ns < self._max_age_ns


def _is_number(value: Any, kinds: tuple[type, ...]) -> bool:  # noqa: ANN401 - the caller's argument
    return isinstance(value, kinds) and not isinstance(value, bool)
