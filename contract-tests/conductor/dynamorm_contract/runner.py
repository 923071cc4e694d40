"""One runner process and the protocol spoken with it (`contract-tests/runners/README.md`)."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALL_TIMEOUT_SECONDS = 30.0
STDERR_LINES = 40
# A runner gets a bare environment, so that nobody's AWS configuration changes what is tested.
KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "GOCACHE", "GOPATH", "SystemRoot")


class ProtocolError(Exception):
    """The runner broke the protocol: a bad line, a wrong id, more than one answer member."""


class RunnerDiedError(Exception):
    """The runner ended, or did not answer in time."""


class Runner:
    """A running process; after it died, the next call starts another."""

    def __init__(self, command: list[str], cwd: Path, timeout: float = CALL_TIMEOUT_SECONDS) -> None:
        """Remember how to start it; nothing runs yet."""
        self.command, self.cwd = command, cwd
        self.timeout = None if os.environ.get("DYNAMORM_RUNNER_WAIT") == "1" else timeout
        self.process: subprocess.Popen[bytes] | None = None
        self.count = 0
        self.stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self.buffer = b""
        self.listener: Callable[[str, str], None] | None = None
        """Hears each line, with the arrow of its direction."""

    def start(self) -> None:
        """Start the process and drain its standard error."""
        environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
        environment |= {"PYTHONUNBUFFERED": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        environment |= {name: value for name, value in os.environ.items() if name.startswith("DYNAMORM_")}
        self.process = subprocess.Popen(self.command, cwd=self.cwd, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.buffer = b""
        threading.Thread(target=self._drain, args=(self.process,), daemon=True).start()

    def _drain(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self.stderr.append(line.decode(errors="replace").rstrip())

    def send(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send one line and read its answer."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        assert self.process is not None
        assert self.process.stdin is not None
        self.count += 1
        line = json.dumps({"id": self.count, **message})
        self._tell("→", line)
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            self.kill()
            raise RunnerDiedError(self._tail("the runner is gone")) from error
        answer = self._line()
        self._tell("←", answer.decode(errors="replace"))
        return self._checked(answer)

    def _tell(self, arrow: str, line: str) -> None:
        if self.listener is not None:
            self.listener(arrow, line)

    def _line(self) -> bytes:
        assert self.process is not None
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                if not selector.select(self.timeout):
                    self.kill()
                    raise RunnerDiedError(self._tail(f"no answer in {self.timeout} s"))
                chunk = os.read(self.process.stdout.fileno(), 1 << 16)
                if not chunk:
                    self.kill()
                    raise RunnerDiedError(self._tail("the runner ended"))
                self.buffer += chunk
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def _checked(self, line: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(line)
        except ValueError as error:
            self.kill()
            raise ProtocolError(f"not JSON: {line[:200]!r}") from error
        members = {"ok", "result", "error", "crash", "unsupported"} & set(answer) if isinstance(answer, dict) else set()
        if not isinstance(answer, dict) or answer.get("id") != self.count or len(members) != 1:
            self.kill()
            raise ProtocolError(f"not one answer to line {self.count}: {line[:200]!r}")
        return answer

    def _tail(self, why: str) -> str:
        return "\n".join([why, *list(self.stderr)[-12:]])

    def kill(self) -> None:
        """End the process at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None:
                    stream.close()
            self.process = None
            self.buffer = b""

    def close(self) -> None:
        """Let the process end by closing its standard input."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None
