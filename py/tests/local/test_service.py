from __future__ import annotations

import ast
import dataclasses
import json
import os
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from dynamorm.local import EngineError, State, Wanted, container, find, folders, jvm, service, start, stop
from dynamorm.local import state as states
from dynamorm.local.lines import environment, exports


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(container, "daemon", lambda: None)
    monkeypatch.setattr(jvm, "spawn", lambda *_, **__: pytest.fail("no unit test starts an engine"))


def remember(pid: int, mark: str = "m", port: int = 1) -> State:
    state = State("default", f"http://127.0.0.1:{port}", "jvm", jvm.version(), mark, pid=pid)
    states.path_of("default").parent.mkdir(parents=True, exist_ok=True)
    states.write(state)
    return state


def looks_like_a_server(mark: str) -> subprocess.Popen[bytes]:
    """Start a process that sleeps under a server's command line."""
    words = [jvm.MAIN_CLASS, f"-Ddynamorm.mark={mark}"]
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)", *words])  # noqa: S603
    while not jvm.is_server(jvm.command_of(process.pid) or "", mark):  # the system shows it a moment later
        assert process.poll() is None
    return process


def test_a_dead_pid_counts_for_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    remember(process.pid)
    assert (find(), stop(), states.read("default")) == (None, None, None)


def test_a_pid_that_another_process_has_by_now_is_left_alone() -> None:
    remember(os.getpid())
    assert (find(), stop(), states.read("default")) == (None, None, None)


def test_a_server_with_another_mark_is_left_alone() -> None:
    with looks_like_a_server("other") as process:
        remember(process.pid, "mine")
        assert (find(), stop()) == (None, None)
        assert process.poll() is None
        with pytest.raises(EngineError, match="left alone"):
            jvm.stop(process.pid, "mine")
        process.terminate()


def test_a_server_is_found_and_stopped_by_pid_and_mark() -> None:
    with looks_like_a_server("mine") as process:
        state = remember(process.pid, "mine")
        assert find() == state
        assert start() == (state, False)
        assert stop() == state
        assert process.wait(10) != 0
    assert find() is None


def test_a_server_that_does_not_listen_to_the_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "STOP_SECONDS", 0.5)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, jvm.MAIN_CLASS], stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        process.stdout.read(1)
        assert jvm.stop(process.pid)
        assert process.wait(10) == -9


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        (Wanted(port=7), "port 1"),
        (Wanted(data=Path("data")), "memory"),
        (Wanted(engine="docker"), "jvm"),
    ],
    ids=["port", "data", "engine"],
)
def test_an_engine_that_runs_otherwise_is_an_error(wanted: Wanted, what: str) -> None:
    with looks_like_a_server("mine") as process:
        state = remember(process.pid, "mine")
        with pytest.raises(EngineError, match=f"runs already, with {what}: stop it first"):
            start(wanted=wanted)
        assert start(wanted=Wanted(port=1, memory=True, engine="jvm")) == (state, False)
        with_data = dataclasses.replace(state, data="/elsewhere")
        states.write(with_data)
        with pytest.raises(EngineError, match="with /elsewhere"):
            start(wanted=Wanted(memory=True))
        process.terminate()


def test_a_taken_port_is_told() -> None:
    import socket  # noqa: PLC0415 - of this test alone

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(EngineError, match="is taken by another program"):
            start(wanted=Wanted(port=taken.getsockname()[1]))


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "a" * 41])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(EngineError, match="is no name of an engine"):
        start(name)


def test_an_unknown_engine_is_told() -> None:
    with pytest.raises(EngineError, match="'podman' is no engine"):
        start(wanted=Wanted(engine="podman"))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"name": 1}'])
def test_a_state_that_cannot_be_read_is_none(text: str) -> None:
    remember(1)
    states.path_of("default").write_text(text)
    assert states.read("default") is None


def test_without_java_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "java", lambda: None)
    with pytest.raises(EngineError, match=r"needs Java 17 or newer and there is none: install Docker .* or a JDK"):
        start()


def test_without_maven_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "problem_of_java", lambda _: None)
    monkeypatch.setattr(jvm, "java", lambda: "java")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineError, match=r"(?s)Maven .* is missing.*install Docker"):
        start()


def program(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("echo 'openjdk version \"17.0.9\" 2023' >&2", None),
        ("echo 'java version \"1.8.0_392\"' >&2", "DynamoDB Local needs Java 17 or newer, and this is 8"),
        ("exit 1", "DynamoDB Local needs Java 17 or newer and there is none"),
    ],
)
def test_java_is_asked_for_its_version(text: str, problem: str | None, tmp_path: Path) -> None:
    assert jvm.problem_of_java(program(tmp_path, "java", text)) == problem


def test_a_maven_that_fails_leaves_nothing_and_shows_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "mvn", "echo 'no network'; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"(?s)ended with status 1:\nno network"):
        jvm.install(tmp_path / "engine")
    assert not (tmp_path / "engine").exists()


def test_maven_brings_the_files_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = 'for one in "$@"; do case "$one" in -DoutputDirectory=*) mkdir -p "${one#*=}";; esac; done; echo >> "$0.ran"'
    program(tmp_path, "mvn", copy)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert service.installed() == service.installed() == tmp_path / "cache/dynamorm/dynamodb-local" / jvm.version()
    assert (tmp_path / "mvn.ran").read_text() == "\n"


def test_folders_follow_the_variables_and_else_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/ignored")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(sys, "platform", "linux")
    assert folders.state_folder() == tmp_path / ".local/state/dynamorm"
    assert folders.cache_folder() == tmp_path / ".cache/dynamorm"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert folders.cache_folder() == tmp_path / "Library/Caches/dynamorm"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert folders.cache_folder() == tmp_path / "local/dynamorm/Cache"


def hold(path: str, seconds: float) -> None:
    with states.locked(Path(path)):
        time.sleep(seconds)


def test_a_lock_lets_one_process_in_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a/lock"
    begin = time.monotonic()
    workers = [get_context("spawn").Process(target=hold, args=(str(path), 0.4)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert time.monotonic() - begin > 0.8


def test_what_scripts_load_by_path_needs_the_standard_library_alone() -> None:
    tree = ast.parse(Path(jvm.__file__).read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert all(node.level == 0 for node in froms)
    assert {name.split(".")[0] for name in modules | {str(node.module) for node in froms}} <= sys.stdlib_module_names


def test_the_environment_points_every_sdk_at_the_endpoint() -> None:
    assert environment("http://x:1")["AWS_REGION"] == "us-east-1"
    done = subprocess.run(  # noqa: S603 - lines of our own
        ["/bin/sh", "-c", "\n".join([*exports("http://x:1"), "echo $AWS_ENDPOINT_URL_DYNAMODB"])],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "http://x:1\n"


def test_a_state_is_written_whole(tmp_path: Path) -> None:
    state = remember(1)
    assert json.loads(states.path_of("default").read_text()) == dataclasses.asdict(state)
    assert [path.name for path in (tmp_path / "state/dynamorm").iterdir()] == ["local-default.json"]
