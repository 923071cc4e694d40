"""DynamoDB Local on the machine's own Java: its files, its command line, waiting for it, stopping it by pid.

Only the standard library and nothing of this package, and no newer Python than the oldest a machine may offer:
the repository's scripts load this file by its path, before anything is installed.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

POM = Path(__file__).with_name("engine-pom.xml")
MAIN_CLASS = "software.amazon.dynamodb.services.local.main.ServerRunner"
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
JAVA_MIN = 17
START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
TAIL_LINES = 20
# Short lives, small heaps: the first compiler tier starts in half the time, the serial collector spares the cores.
OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g", "-Djava.net.preferIPv4Stack=true")
ENVIRONMENT = {"DDB_LOCAL_TELEMETRY": "0"}
_PROC = Path("/proc")


class EngineError(Exception):
    """The engine cannot be installed, started, reached or stopped; the message says why."""


def version() -> str:
    """Give the version of DynamoDB Local that the project file beside this one pins."""
    found = re.search(r"<artifactId>DynamoDBLocal</artifactId>\s*<version>([^<]+)</version>", POM.read_text("utf-8"))
    if found is None:
        raise ValueError(f"{POM.name} names no version of DynamoDBLocal")
    return found[1]


def java() -> str | None:
    """Give the Java of JAVA_HOME, else the one on the path."""
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin/java").exists():
        return str(Path(home) / "bin/java")
    return shutil.which("java")


def java_version(program: str) -> int | None:
    """Give a Java's feature version; None where it does not run (a version manager's shim, for one)."""
    try:
        done = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    return int(found[1]) if done.returncode == 0 and found else None


def problem_of_java(program: str | None) -> str | None:
    """Say what is wrong with a Java; None where all is well."""
    found = None if program is None else java_version(program)
    if found is None:
        return f"DynamoDB Local needs Java {JAVA_MIN} or newer and there is none"
    return None if found >= JAVA_MIN else f"DynamoDB Local needs Java {JAVA_MIN} or newer, and this is {found}"


def install(home: Path) -> None:
    """Copy DynamoDB Local, its jars and its native library by Maven; half a copy never counts."""
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineError("Maven (`mvn`) is missing, which brings DynamoDB Local")
    half = home.with_name(home.name + ".part")
    shutil.rmtree(half, ignore_errors=True)
    command = [maven, "--batch-mode", "--quiet", "-f", str(POM), MAVEN_COPY]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={half}", "-DincludeScope=runtime"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EngineError(f"`mvn` ended with status {done.returncode}:\n{done.stdout.rstrip()}")
    shutil.rmtree(home, ignore_errors=True)
    half.rename(home)


def command(program: str, home: Path, port: int, *, data: Path | None = None, mark: str = "") -> list[str]:
    """Give the command of a server; `mark` tells it from others of its kind."""
    marks = [f"-Ddynamorm.mark={mark}"] if mark else []
    store = ["-inMemory"] if data is None else ["-dbPath", str(data)]
    # -sharedDb stays off: a database for each access key keeps tests, and users, apart.
    return [
        program,
        *OPTIONS,
        *marks,
        f"-Djava.library.path={home}",
        "-cp",
        f"{home}/*",
        MAIN_CLASS,
        *store,
        "-disableTelemetry",
        "-port",
        str(port),
    ]


def spawn(line: Sequence[str], home: Path, log: IO[bytes], *, detached: bool) -> subprocess.Popen[bytes]:
    """Start a server; its words go to `log`."""
    return subprocess.Popen(
        line,
        cwd=home,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=detached,
    )


def free_port() -> int:
    """Give a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Say whether a server can listen on a port."""
    with socket.socket() as probe:
        if sys.platform != "win32":  # there the option means that two may listen at once
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class Waiting:
    """How a server is seen to have ended, and what it said last."""

    ended: Callable[[], str | None]
    words: Callable[[], str]


def wait(endpoint: str, server: Waiting) -> None:
    """Wait for the first answer; a server that dies meanwhile shows what it said last."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (how := server.ended()) is not None:
            raise EngineError(f"DynamoDB Local ended with {how} while starting:\n{tail(server.words())}")
        if answers(endpoint):
            return
        time.sleep(POLL_SECONDS)
    raise EngineError(f"DynamoDB Local did not answer within {START_SECONDS:.0f} s:\n{tail(server.words())}")


def wait_process(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a process that was just started."""

    def ended() -> str | None:
        status = process.poll()
        return None if status is None else f"status {status}"

    wait(endpoint, Waiting(ended, lambda: log.read_text(encoding="utf-8", errors="replace")))


def tail(words: str) -> str:
    """Give the last lines of what a server said."""
    return "\n".join(f"    {line}" for line in words.splitlines()[-TAIL_LINES:]) or "    (it printed nothing)"


def answers(endpoint: str) -> bool:
    """Say whether an HTTP server answers there; DynamoDB refuses a bare GET, and that is an answer."""
    parts = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=5)
    except ValueError:  # a port that is none
        return False
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a server of this process's own."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop(pid: int, mark: str = "") -> bool:
    """Stop a server by its pid; a process that is no DynamoDB Local, or has another mark, is left alone.

    Gives whether there was one.
    """
    line = command_of(pid)
    if line is None:
        return False
    if not is_server(line, mark):
        raise EngineError(f"process {pid} is no DynamoDB Local of ours, so it is left alone")
    _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while (line := command_of(pid)) is not None and is_server(line, mark):
        if time.monotonic() > deadline:
            _signal(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            deadline += STOP_SECONDS
        time.sleep(POLL_SECONDS)
    return True


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it went by itself meanwhile
        os.kill(pid, number)


def is_server(line: str, mark: str = "") -> bool:
    """Say whether a command line is that of a server, and of the one with this mark."""
    words = line.split()
    return MAIN_CLASS in words and (not mark or f"-Ddynamorm.mark={mark}" in words)


def command_of(pid: int) -> str | None:
    """Give a living process's command line; None where there is none, or only its remains."""
    if (_PROC / "self/cmdline").exists():
        try:
            words = (_PROC / str(pid) / "cmdline").read_bytes()
            # Empty of a process that ended and waits to be reaped, and for a moment of one that is just beginning.
            state = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return None
        return None if state in {"Z", "X"} else words.replace(b"\0", b" ").decode(errors="replace").strip()
    done = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    line = done.stdout.strip()
    return None if not line or line.startswith("Z") else line
