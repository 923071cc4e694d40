"""Start, find and stop DynamoDB Local, whichever engine runs it; several by name, one at a time by lock."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import container, jvm, state
from .folders import cache_folder
from .interrupt import Held
from .jvm import EngineError
from .state import State

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = "default"
ENGINES = ("auto", "docker", "jvm")
_ADVICE = (
    "install Docker with the extra `dynamorm-py[local]`, or a JDK (17 or newer) and Maven, "
    "or set DYNAMODB_ENDPOINT to a DynamoDB that runs already"
)


@dataclass(frozen=True)
class Wanted:
    """What a caller asks of an engine; None is whatever there is."""

    port: int | None = None
    data: Path | None = None
    memory: bool = False
    engine: str = "auto"


ANYTHING = Wanted()
_Where = tuple["int | None", "Path | None"]


def start(name: str = DEFAULT, wanted: Wanted = ANYTHING) -> tuple[State, bool]:
    """Start an engine, or find the one of this name; give it, and whether it was started now.

    One that runs and is not what is wanted is an error: nobody's engine is stopped for another one.
    """
    if wanted.engine not in ENGINES:
        raise EngineError(f"{wanted.engine!r} is no engine: there are {', '.join(ENGINES)}")
    with state.locked(state.path_of(name, "lock")):
        known = state.read(name)
        if known is not None and _lives(known):
            _check(known, wanted)
            return known, False
        if known is not None:
            _clean(known)
        if wanted.port is not None and not jvm.is_free(wanted.port):
            raise EngineError(f"port {wanted.port} is taken by another program: choose another one, or none")
        with Held() as held:
            fresh = _start(name, wanted, held)
            state.write(fresh)
        return fresh, True


def _check(running: State, wanted: Wanted) -> None:
    port = int(running.endpoint.rpartition(":")[2])
    if wanted.data is not None or wanted.memory:
        data = None if wanted.data is None else str(wanted.data.resolve())
        if data != running.data:
            raise _other(running, "memory" if running.data is None else running.data)
    if wanted.port not in {None, port}:
        raise _other(running, f"port {port}")
    if wanted.engine not in {"auto", running.engine}:
        raise _other(running, running.engine)


def _other(running: State, what: str) -> EngineError:
    return EngineError(
        f"the engine {running.name!r} runs already, with {what}: stop it first, or start one of another name"
    )


def find(name: str = DEFAULT) -> State | None:
    """Give the engine of a name where it runs; what is remembered of a dead one counts for nothing."""
    known = state.read(name)
    return known if known is not None and _lives(known) else None


def _lives(known: State) -> bool:
    if known.pid is not None:
        line = jvm.command_of(known.pid)
        return line is not None and jvm.is_server(line, known.mark)
    client = container.daemon()
    return client is not None and container.runs(client, known)


def _clean(known: State) -> None:
    """Forget a dead engine; a container that ended goes, too, where a daemon answers."""
    client = None if known.container is None else container.daemon()
    if client is not None:
        container.stop(client, known)
    state.forget(known.name)


def stop(name: str = DEFAULT) -> State | None:
    """Stop the engine of a name, and only what `start` started; give what was stopped."""
    with state.locked(state.path_of(name, "lock")):
        known = state.read(name)
        if known is None:
            return None
        ran = _stop(known)
        state.forget(name)
        return known if ran else None


def _stop(known: State) -> bool:
    if known.pid is not None:
        line = jvm.command_of(known.pid)
        # A pid that another process has by now is not ours to stop.
        return line is not None and jvm.is_server(line, known.mark) and jvm.stop(known.pid, known.mark)
    client = container.daemon()
    if client is None:
        raise EngineError(f"the engine {known.name!r} is a container, and no Docker daemon answers")
    return container.stop(client, known)


def _start(name: str, wanted: Wanted, held: Held) -> State:
    data = None if wanted.data is None else wanted.data.resolve()
    if data is not None:
        _make(data)
    if wanted.engine != "jvm":
        client = container.daemon()
        if client is not None:
            return _start_container(client, name, (wanted.port, data), held)
        if wanted.engine == "docker":
            raise EngineError(
                "no Docker daemon answers, or the docker SDK is missing: start Docker and install `dynamorm-py[local]`"
            )
    return _start_jvm(name, (wanted.port, data), held)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"the folder {folder} cannot be made: {error.strerror}") from error


def _start_container(client: Any, name: str, where: _Where, held: Held) -> State:  # noqa: ANN401 - no types
    mark, port, data = secrets.token_hex(8), where[0] or jvm.free_port(), where[1]
    with held.open():
        container.fetch(client)
    found = container.start(client, container.options(port, mark, data), held)
    return State(
        name=name,
        endpoint=f"http://127.0.0.1:{port}",
        engine="docker",
        version=jvm.version(),
        mark=mark,
        container=found,
        data=None if data is None else str(data),
    )


def _start_jvm(name: str, where: _Where, held: Held) -> State:
    if sys.platform == "win32":
        raise EngineError("on Windows DynamoDB Local runs in Docker alone: start Docker, or use WSL")
    program = jvm.java()
    problem = jvm.problem_of_java(program)
    if problem is not None or program is None:
        raise EngineError(f"{problem}: {_ADVICE}")
    with held.open():
        home = installed()
    mark, port, data = secrets.token_hex(8), where[0] or jvm.free_port(), where[1]
    endpoint, log = f"http://127.0.0.1:{port}", state.path_of(name, "log")
    with log.open("wb") as handle:
        process = jvm.spawn(jvm.command(program, home, port, data=data, mark=mark), home, handle, detached=True)
    try:
        with held.open():
            jvm.wait_process(endpoint, process, log)
    except BaseException:
        jvm.end(process)
        raise
    process.returncode = 0  # it is meant to outlive us: nobody waits for it, and no warning says so
    return State(
        name=name,
        endpoint=endpoint,
        engine="jvm",
        version=jvm.version(),
        mark=mark,
        pid=process.pid,
        data=None if data is None else str(data),
        log=str(log),
    )


def installed() -> Path:
    """Give the folder of DynamoDB Local's files; the first time Maven brings them."""
    home = cache_folder() / "dynamodb-local" / jvm.version()
    with state.locked(home.with_name(f"{home.name}.lock")):
        if not home.is_dir():
            try:
                jvm.install(home)
            except EngineError as error:
                raise EngineError(f"{error}\n{_ADVICE}") from error
    return home
