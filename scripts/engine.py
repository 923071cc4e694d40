"""DynamoDB Local: start one on a free port in memory, wait until it answers, stop it by pid.

    with running() as endpoint: ...     # a server for the block; the one of DYNAMODB_ENDPOINT where that is set
    engine.py start | stop PID | run    # the same from a shell; `make engine` is `run`

A server that somebody else started is used and never stopped. Each access key has a database of its own.
Only the standard library, so that the contract suite and the scripts can both import it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import toolpaths

if TYPE_CHECKING:
    from collections.abc import Generator

MAIN_CLASS = "software.amazon.dynamodb.services.local.main.ServerRunner"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
TAIL_LINES = 20
REGION = "us-east-1"
# Short lives, small heaps: the first compiler tier starts in half the time, the serial collector spares the cores.
JVM_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g", "-Djava.net.preferIPv4Stack=true")


class EngineError(Exception):
    """The engine cannot be started, reached or stopped; the message says why."""


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
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


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
    chosen = port or _free_port()
    with tempfile.NamedTemporaryFile(prefix="dynamodb-local-", suffix=".log") as log:
        process = subprocess.Popen(
            _command(chosen),
            cwd=toolpaths.engine_home(),
            env={**os.environ, "DDB_LOCAL_TELEMETRY": "0"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=detached,
        )
        engine = Engine(f"http://127.0.0.1:{chosen}", process)
        try:
            _wait(engine, Path(log.name))
        except BaseException:
            engine.stop()
            raise
    return engine


def _command(port: int) -> list[str]:
    home = toolpaths.engine_home()
    java = toolpaths.java()
    if java is None:
        raise EngineError("java is missing: install JDK 17 or newer")
    if not home.is_dir():
        raise EngineError(f"DynamoDB Local is not in {home}: run `make setup`")
    native = f"-Djava.library.path={home}"
    # -sharedDb stays off: a database for each access key keeps parallel runs apart.
    return [
        java,
        *JVM_OPTIONS,
        native,
        "-cp",
        f"{home}/*",
        MAIN_CLASS,
        "-inMemory",
        "-disableTelemetry",
        "-port",
        str(port),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(engine: Engine, log: Path) -> None:
    """Wait for the first answer; a server that dies meanwhile shows what it said last."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if engine.process is not None and engine.process.poll() is not None:
            raise EngineError(
                f"DynamoDB Local ended with status {engine.process.returncode} while starting:\n{_tail(log)}"
            )
        if answers(engine.endpoint):
            return
        time.sleep(POLL_SECONDS)
    raise EngineError(f"DynamoDB Local did not answer within {START_SECONDS:.0f} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:]) or "    (it printed nothing)"


def answers(endpoint: str) -> bool:
    """Say whether an HTTP server answers there; DynamoDB refuses a bare GET, and that is an answer."""
    parts = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def stop(pid: int) -> None:
    """Stop a server by its pid; a process that is no DynamoDB Local is left alone."""
    command = _command_of(pid)
    if command is None:
        return
    if MAIN_CLASS not in command:
        raise EngineError(f"process {pid} is no DynamoDB Local, so it is left alone")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _command_of(pid) is not None:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return
        time.sleep(POLL_SECONDS)


def _command_of(pid: int) -> str | None:
    """Give a living process's command line; None where there is none, or only its remains."""
    done = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    line = done.stdout.strip()
    return None if not line or line.startswith("Z") else line


def environment_lines(endpoint: str) -> str:
    """Give the lines that point each language's SDK at the server."""
    return f"""\
DynamoDB Local answers at {endpoint}; Ctrl-C stops it.

# Python (boto3), TypeScript (AWS SDK v3) and Go (AWS SDK v2) all read these:
export AWS_ENDPOINT_URL_DYNAMODB={endpoint}
export AWS_ACCESS_KEY_ID=local
export AWS_SECRET_ACCESS_KEY=local
export AWS_REGION={REGION}
export AWS_DEFAULT_REGION={REGION}   # boto3 reads this one

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
