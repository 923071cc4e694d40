"""engine.py: a server's whole life, and what happens where there is none."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

import engine
import toolpaths

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PROGRAM = toolpaths.ROOT / "scripts/engine.py"


class QuietHandler(http.server.BaseHTTPRequestHandler):
    """Answer every request with a refusal, as DynamoDB does with a bare GET."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@pytest.fixture
def foreign_server() -> Generator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("own_engine")
def test_a_server_lives_as_long_as_the_block() -> None:
    with engine.Engine.running() as endpoint:
        assert engine.answers(endpoint)
    assert not engine.answers(endpoint)


@pytest.mark.usefixtures("own_engine")
def test_a_server_started_by_the_program_is_stopped_by_pid() -> None:
    started = json.loads(run_program("start").stdout)
    assert engine.answers(started["endpoint"])
    assert run_program("stop", str(started["pid"])).returncode == 0
    assert not engine.answers(started["endpoint"])
    assert run_program("stop", str(started["pid"])).returncode == 0, "stopping twice is no error"


def test_a_process_of_another_kind_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        with pytest.raises(engine.EngineError, match="no DynamoDB Local"):
            engine.stop(process.pid)
        assert process.poll() is None
        process.terminate()


def test_a_named_endpoint_is_used_and_not_stopped(foreign_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMODB_ENDPOINT", foreign_server)
    with engine.running() as endpoint:
        assert endpoint == foreign_server
    assert engine.answers(foreign_server)
    assert engine.start().pid is None


def test_a_named_endpoint_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMODB_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(engine.EngineError, match="which DYNAMODB_ENDPOINT names"):
        engine.start()


def test_a_server_that_dies_while_starting_shows_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'no room for the heap'\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.delenv("DYNAMODB_ENDPOINT", raising=False)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(toolpaths, "engine_home", lambda: tmp_path)
    with pytest.raises(engine.EngineError, match=r"(?s)status 1 while starting.*no room for the heap"):
        engine.start()


def test_a_missing_copy_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DYNAMODB_ENDPOINT", raising=False)
    monkeypatch.setattr(toolpaths, "engine_home", lambda: tmp_path / "nothing")
    monkeypatch.setattr(toolpaths, "java", lambda: "java")
    with pytest.raises(engine.EngineError, match="run `make setup`"):
        engine.start()


@pytest.mark.usefixtures("own_engine")
def test_the_foreground_server_prints_its_lines_and_ends_on_a_signal() -> None:
    with subprocess.Popen([sys.executable, PROGRAM, "run"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        endpoint = next(line.split("=")[1].strip() for line in process.stdout if "AWS_ENDPOINT_URL_DYNAMODB" in line)
        assert engine.answers(endpoint)
        process.terminate()
        assert process.wait(20) == 0
    deadline = time.monotonic() + 10
    while engine.answers(endpoint) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not engine.answers(endpoint)
