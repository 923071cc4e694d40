"""Ctrl-C held back while something is begun that nobody would know of if it came in between."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Generator


class Held:
    """A block in which Ctrl-C waits, but for what is done in `open`; at its end one that waited is raised."""

    def __enter__(self) -> Self:
        """Hold it back; only a program's main thread gets it at all."""
        self._pending, self._main = False, threading.current_thread() is threading.main_thread()
        self._previous: Any = signal.signal(signal.SIGINT, self._remember) if self._main else None
        return self

    def _remember(self, *_: object) -> None:
        self._pending = True

    @contextlib.contextmanager
    def open(self) -> Generator[None]:
        """Let it act, and first of all one that waits."""
        self._restore()
        try:
            self._raise()
            yield
        finally:
            if self._main:
                signal.signal(signal.SIGINT, self._remember)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Give it back."""
        self._restore()
        if error is None:
            self._raise()

    def _restore(self) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._previous)

    def _raise(self) -> None:
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt
