"""DynamoDB Local in a container, through the docker SDK, which is asked for only here and only when it is used."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from . import jvm
from .jvm import ENVIRONMENT, EngineError, Waiting

if TYPE_CHECKING:
    from pathlib import Path

    from .interrupt import Held
    from .state import State

IMAGE = "amazon/dynamodb-local"
LABEL = "dynamorm.local"
_HOME = "/home/dynamodblocal"
_PORT = 8000


def daemon() -> Any:  # noqa: ANN401 - the SDK has no types
    """Give a client of the daemon; None where there is no SDK, or no daemon that answers."""
    try:
        sdk: Any = importlib.import_module("docker")
    except ImportError:
        return None
    try:
        client = sdk.from_env()
        client.ping()
    except Exception:  # noqa: BLE001 - the SDK throws its own errors and those of the libraries under it
        return None
    return client


def image() -> str:
    """Give the image's name with its tag."""
    return f"{IMAGE}:{jvm.version()}"


def options(port: int, mark: str, data: Path | None) -> dict[str, Any]:
    """Give what `containers.run` is called with."""
    # -sharedDb stays off: a database for each access key keeps tests, and users, apart.
    store = ["-inMemory"] if data is None else ["-dbPath", "./data"]
    out: dict[str, Any] = {
        "command": ["-jar", "DynamoDBLocal.jar", *store, "-disableTelemetry", "-port", str(_PORT)],
        "detach": True,
        "environment": ENVIRONMENT,
        "labels": {LABEL: mark},
        "ports": {f"{_PORT}/tcp": ("127.0.0.1", port)},
        "working_dir": _HOME,
    }
    if data is not None:
        out["volumes"] = {str(data): {"bind": f"{_HOME}/data", "mode": "rw"}}
        if sys.platform == "linux":  # elsewhere the daemon's machine is another one and maps the owner itself
            out["user"] = f"{os.getuid()}:{os.getgid()}"
    return out


def fetch(client: Any) -> None:  # noqa: ANN401 - see daemon
    """Bring the image where it is not there."""
    try:
        client.images.get(image())
    except Exception:  # noqa: BLE001 - whatever it is, the daemon tells the cause when it is asked to bring it
        try:
            client.images.pull(IMAGE, tag=jvm.version())
        except Exception as error:
            raise EngineError(f"Docker does not bring {image()}: {error}; `--engine jvm` does without it") from error


def start(client: Any, given: dict[str, Any], held: Held) -> str:  # noqa: ANN401 - see daemon
    """Start a container, wait until it answers, and give its id."""
    port = given["ports"][f"{_PORT}/tcp"][1]
    try:
        container = client.containers.run(image(), **given)
    except Exception as error:
        raise EngineError(f"Docker does not run {image()}: {error}; `--engine jvm` does without it") from error

    def ended() -> str | None:
        container.reload()
        status = str(container.status)
        return f"the container {status}" if status in {"exited", "dead"} else None

    def words() -> str:
        text: bytes = container.logs(tail=jvm.TAIL_LINES)
        return text.decode(errors="replace")

    try:
        with held.open():
            jvm.wait(f"http://127.0.0.1:{port}", Waiting(ended, words))
    except BaseException:
        container.remove(force=True, v=True)
        raise
    return str(container.id)


def _find(client: Any, state: State) -> Any:  # noqa: ANN401 - see daemon
    """Give the container that was started, and none that has its id by chance."""
    try:
        container = client.containers.get(state.container)
    except Exception as error:
        if type(error).__name__ == "NotFound":
            return None
        raise EngineError(f"Docker does not tell about the container {state.container}: {error}") from error
    return container if container.labels.get(LABEL) == state.mark else None


def runs(client: Any, state: State) -> bool:  # noqa: ANN401 - see daemon
    """Say whether the container still runs."""
    container = _find(client, state)
    return container is not None and str(container.status) == "running"


def stop(client: Any, state: State) -> bool:  # noqa: ANN401 - see daemon
    """Stop and remove the container; give whether there was one."""
    container = _find(client, state)
    if container is None:
        return False
    ran = str(container.status) == "running"
    container.stop(timeout=int(jvm.STOP_SECONDS))
    container.remove(force=True, v=True)
    return ran
