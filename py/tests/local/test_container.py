"""The docker SDK is played here; what we pass is checked against the real one's own functions where it is installed."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm.local import EngineError, Wanted, container, find, jvm, service, start, stop
from dynamorm.local import state as states

if TYPE_CHECKING:
    from pathlib import Path


class NotFound(Exception):  # noqa: N818 - the SDK's name
    """What the SDK throws for an unknown id."""


class FakeContainer:
    def __init__(self, owner: FakeDocker, options: dict[str, Any]) -> None:
        self.owner, self.options = owner, options
        self.id = f"container-{len(owner.made)}"
        self.labels = dict(options["labels"])
        self.status = "running"

    def reload(self) -> None:
        self.owner.said.append("reload")

    def logs(self, tail: int) -> bytes:
        assert tail == jvm.TAIL_LINES
        return b"no room for the heap\n"

    def stop(self, timeout: int) -> None:
        assert timeout == jvm.STOP_SECONDS
        self.status = "exited"

    def remove(self, *, force: bool, v: bool) -> None:
        assert (force, v) == (True, True)
        del self.owner.made[self.id]


class FakeDocker(ModuleType):
    """The module `docker`, its client and its containers in one."""

    def __init__(self) -> None:
        super().__init__("docker")
        self.made: dict[str, FakeContainer] = {}
        self.said: list[str] = []
        self.answers, self.refuses, self.dies = True, "", False
        self.containers = SimpleNamespace(run=self.run, get=self.find)
        self.images = SimpleNamespace(get=self.image, pull=self.pull)
        self.pulled: list[str] = []
        self.missing = False

    def from_env(self) -> FakeDocker:
        return self

    def ping(self) -> bool:
        if not self.answers:
            raise ConnectionError("no daemon")
        return True

    def image(self, name: str) -> None:
        if self.missing:
            raise NotFound(name)

    def pull(self, name: str, tag: str) -> None:
        if self.refuses:
            raise RuntimeError(self.refuses)
        self.pulled.append(f"{name}:{tag}")

    def run(self, image: str, **options: Any) -> FakeContainer:
        if self.refuses:
            raise RuntimeError(self.refuses)
        made = FakeContainer(self, {"image": image, **options})
        if self.dies:
            made.status = "exited"
        self.made[made.id] = made
        return made

    def find(self, name: str) -> FakeContainer:
        if self.refuses:
            raise RuntimeError(self.refuses)
        if name not in self.made:
            raise NotFound(name)
        return self.made[name]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    fake = FakeDocker()
    monkeypatch.setitem(sys.modules, "docker", fake)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(jvm, "answers", lambda _: not fake.dies)
    return fake


def test_a_container_is_started_found_and_stopped(docker: FakeDocker) -> None:
    state, started = start()
    assert started
    assert (state.engine, state.container, state.pid, state.data) == ("docker", "container-0", None, None)
    options = docker.made["container-0"].options
    port = int(state.endpoint.rpartition(":")[2])
    assert options["image"] == f"amazon/dynamodb-local:{jvm.version()}"
    assert options["ports"] == {"8000/tcp": ("127.0.0.1", port)}
    assert options["command"] == ["-jar", "DynamoDBLocal.jar", "-inMemory", "-disableTelemetry", "-port", "8000"]
    assert (find(), start()) == (state, (state, False))
    assert stop() == state
    assert (docker.made, find(), stop()) == ({}, None, None)


def test_a_folder_is_mounted_and_belongs_to_the_user(docker: FakeDocker, tmp_path: Path) -> None:
    state, _ = start(wanted=Wanted(data=tmp_path / "data"))
    options = docker.made["container-0"].options
    assert options["volumes"] == {str(tmp_path / "data"): {"bind": "/home/dynamodblocal/data", "mode": "rw"}}
    assert options["command"][2:4] == ["-dbPath", "./data"]
    assert ("user" in options) == (sys.platform == "linux")
    assert (tmp_path / "data").is_dir()
    assert state.data == str(tmp_path / "data")


def test_the_sdk_takes_what_it_is_given(tmp_path: Path) -> None:
    containers = pytest.importorskip("docker.models.containers")
    for data in (None, tmp_path):
        options = {**container.options(8123, "mark", data), "image": container.image(), "version": "1.44"}
        options.pop("detach")
        made = containers._create_container_args(options)
        assert made["host_config"]["PortBindings"] == {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8123"}]}


def test_a_container_that_ends_while_starting_shows_its_last_words_and_goes(docker: FakeDocker) -> None:
    docker.dies = True
    with pytest.raises(EngineError, match=r"(?s)the container exited while starting.*no room for the heap"):
        start()
    assert (docker.made, states.read("default")) == ({}, None)


def test_an_image_that_does_not_run_is_told(docker: FakeDocker) -> None:
    docker.refuses = "no such image"
    with pytest.raises(EngineError, match=r"does not run amazon/dynamodb-local.*no such image; `--engine jvm`"):
        start()


def test_an_image_that_is_not_there_is_brought_first(docker: FakeDocker) -> None:
    docker.missing = True
    start()
    assert docker.pulled == [container.image()]
    stop()
    docker.refuses = "no network"
    with pytest.raises(EngineError, match=r"does not bring amazon/dynamodb-local:.*no network"):
        start()


def test_a_container_that_went_is_noticed_and_started_anew(docker: FakeDocker) -> None:
    first, _ = start()
    docker.made.clear()
    assert find() is None
    second, started = start()
    assert started
    assert second.mark != first.mark


def test_a_container_that_ended_is_removed_before_another_one_starts(docker: FakeDocker) -> None:
    start()
    docker.made["container-0"].status = "exited"
    assert find() is None
    docker.made["container-0"].id = "container-0"
    start()
    assert [one.status for one in docker.made.values()] == ["running"]


def test_a_container_of_somebody_else_is_left_alone(docker: FakeDocker) -> None:
    start()
    docker.made["container-0"].labels = {}
    assert (find(), stop()) == (None, None)
    assert docker.made["container-0"].status == "running"


def test_a_daemon_that_went_is_told_when_stopping(docker: FakeDocker) -> None:
    state, _ = start()
    docker.answers = False
    assert find() is None
    with pytest.raises(EngineError, match="no Docker daemon answers"):
        stop()
    assert states.read("default") == state


def test_a_daemon_that_does_not_tell_is_an_error(docker: FakeDocker) -> None:
    start()
    docker.refuses = "internal error"
    with pytest.raises(EngineError, match="does not tell about the container container-0: internal error"):
        find()


def test_without_a_daemon_docker_is_refused_and_auto_takes_java(
    docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.answers = False
    with pytest.raises(EngineError, match="no Docker daemon answers"):
        start(wanted=Wanted(engine="docker"))
    asked: list[object] = []

    def take(*given: object) -> states.State:
        asked.append(given[:2])
        return fake

    fake = states.State("default", "http://127.0.0.1:1", "jvm", "3", "m", pid=1)
    monkeypatch.setattr(service, "_start_jvm", take)
    assert start() == (fake, True)
    assert asked == [("default", (None, None))]


def test_without_the_sdk_there_is_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    assert container.daemon() is None
