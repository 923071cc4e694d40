"""Events that were handled: what a handler asks so that it handles none twice."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Protocol

from .errors import ValidationFailedError

CAPACITY = 10_000


class Seen(Protocol):
    """A store of the events that were handled; one that outlives the process is the caller's."""

    def contains(self, event: str) -> bool:
        """Tell whether an event was handled."""
        ...

    def add(self, event: str) -> None:
        """Note that an event was handled."""
        ...


class SeenInMemory:
    """Remembers the last events of this process.

    >>> seen = SeenInMemory(1)
    >>> seen.add("a"); seen.add("b")
    >>> seen.contains("a"), seen.contains("b")
    (False, True)
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        """Say how many.

        Raises ValidationFailedError for less than one.
        """
        if capacity < 1:
            raise ValidationFailedError("the capacity of a store of seen events is at least 1")
        self._capacity, self._lock = capacity, Lock()
        self._events: OrderedDict[str, None] = OrderedDict()

    def contains(self, event: str) -> bool:
        """Tell whether an event is among the last."""
        return event in self._events

    def add(self, event: str) -> None:
        """Note an event; the one that was noted first makes room for it."""
        with self._lock:
            self._events[event] = None
            self._events.move_to_end(event)
            while len(self._events) > self._capacity:
                self._events.popitem(last=False)
