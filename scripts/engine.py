"""DynamoDB Local: start one on a free port in memory, wait until it answers, stop it by pid.

    with running() as endpoint: ...     # a server for the block; the one of DYNAMODB_ENDPOINT where that is set
    engine.py start | stop PID | run    # the same from a shell; `make engine` is `run`

A server that somebody else started is used and never stopped. Each access key has a database of its own.
Only the standard library, so that the contract suite and the scripts can both import it; what is known of the
server itself (options, waiting, stopping) stands in the library's file py/src/dynamorm/local/jvm.py.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import toolpaths
from toolpaths import jvm, lines

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator

EngineError = jvm.EngineError
answers = jvm.answers
stop = jvm.stop


@dataclass(frozen=True)
class Engine:
    """A DynamoDB at an endpoint; `process` is None where somebody else runs it."""

    endpoint: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Give the server's process id, where it is ours."""
        return None if self.process is None else self.process.pid

    @staticmethod
    def running(port: int | None = None) -> contextlib.AbstractContextManager[str]:
        """Give the endpoint of a server that lives as long as the block."""
        return running(port)

    def stop(self) -> None:
        """Stop the server where it is ours."""
        if self.process is not None:
            jvm.end(self.process)


@contextlib.contextmanager
def running(port: int | None = None) -> Generator[str]:
    """Give the endpoint of a server that lives as long as the block."""
    engine = start(port)
    try:
        yield engine.endpoint
    finally:
        engine.stop()


def start(port: int | None = None, *, detached: bool = False) -> Engine:
    """Start a server and wait until it answers; DYNAMODB_ENDPOINT names one that runs already."""
    endpoint = os.environ.get("DYNAMODB_ENDPOINT")
    if endpoint:
        if not answers(endpoint):
            raise EngineError(f"no answer from {endpoint}, which DYNAMODB_ENDPOINT names")
        return Engine(endpoint)
    chosen = port or jvm.free_port()
    home = toolpaths.engine_home()
    with tempfile.NamedTemporaryFile(prefix="dynamodb-local-", suffix=".log") as log:
        process = jvm.spawn(_command(home, chosen), home, log.file, detached=detached)
        engine = Engine(f"http://127.0.0.1:{chosen}", process)
        try:
            jvm.wait_process(engine.endpoint, process, Path(log.name))
        except BaseException:
            engine.stop()
            raise
    return engine


def _command(home: Path, port: int) -> list[str]:
    java = toolpaths.java()
    if java is None:
        raise EngineError("java is missing: install JDK 17 or newer")
    if not home.is_dir():
        raise EngineError(f"DynamoDB Local is not in {home}: run `make setup`")
    return jvm.command(java, home, port)


def environment_lines(endpoint: str) -> str:
    """Give the lines that point each language's SDK at the server."""
    exports = "\n".join(lines.exports(endpoint))
    return f"""\
DynamoDB Local answers at {endpoint}; Ctrl-C stops it.

# Python (boto3), TypeScript (AWS SDK v3) and Go (AWS SDK v2) all read these:
{exports}

# make contract, make test: use this server instead of starting one
export DYNAMODB_ENDPOINT={endpoint}
"""


def _serve(port: int | None) -> int:
    """Run in the foreground until somebody interrupts, or the server ends by itself."""

    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    engine = start(port)
    try:
        print(environment_lines(engine.endpoint), flush=True)
        return 0 if engine.process is None else engine.process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        engine.stop()


def main(arguments: list[str] | None = None) -> int:
    """Start, stop, or run in the foreground."""
    parser = argparse.ArgumentParser(description="DynamoDB Local on a free port, in memory")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("start", "start in the background; print endpoint and pid as JSON"),
        ("run", "run in the foreground"),
    ):
        commands.add_parser(name, help=text).add_argument("--port", type=int, help="default: any free one")
    commands.add_parser("stop", help="stop by pid").add_argument("pid", type=int)
    options = parser.parse_args(arguments)
    try:
        if options.command == "stop":
            stop(options.pid)
        elif options.command == "run":
            return _serve(options.port)
        else:
            engine = start(options.port, detached=True)
            print(json.dumps({"endpoint": engine.endpoint, "pid": engine.pid}))
    except EngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
