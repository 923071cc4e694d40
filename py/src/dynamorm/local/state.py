"""What `start` remembers of an engine, and the lock that lets one command at a time change it."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from .folders import state_folder
from .jvm import EngineError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import IO

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class State:
    """One running engine: a process by its pid, or a container by its id, each with the mark it was started with."""

    name: str
    endpoint: str
    engine: str
    version: str
    mark: str
    pid: int | None = None
    container: str | None = None
    data: str | None = None
    log: str | None = None


def path_of(name: str, ending: str = "json") -> Path:
    """Give the file of an engine's state, log or lock."""
    if _NAME.fullmatch(name) is None:
        raise EngineError(f"{name!r} is no name of an engine: up to 40 of a-z, 0-9, - and _, the first of a-z or 0-9")
    return state_folder() / f"local-{name}.{ending}"


def read(name: str) -> State | None:
    """Read what is remembered; None where there is nothing, or nothing that can be read."""
    try:
        found = json.loads(path_of(name).read_text(encoding="utf-8"))
        return State(**{one.name: found[one.name] for one in fields(State)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(state: State) -> None:
    """Remember an engine; half a file is never seen."""
    path = path_of(state.name)
    half = path.with_suffix(".part")
    half.write_text(json.dumps(asdict(state), indent=2) + "\n", encoding="utf-8")
    half.replace(path)


def forget(name: str) -> None:
    """Remember nothing."""
    path_of(name).unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Let one process at a time into the block; others wait. The lock goes with the process that holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as handle:
        _lock(handle)
        yield  # closing the file gives the lock back


def _lock(handle: IO[Any]) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - this platform's alone

        while True:
            with contextlib.suppress(OSError):
                msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
                return
            time.sleep(_POLL_SECONDS)
    else:
        import fcntl  # noqa: PLC0415 - the other platforms' alone

        # Python's files are not inherited: a server that is started meanwhile does not hold the lock.
        fcntl.flock(handle, fcntl.LOCK_EX)
