"""`dynamorm local` with the real engine on this machine's Java; SKIP_INTEGRATION=1 goes without."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm.local import jvm
from dynamorm.testing.engines import client_of, drop_tables, fresh_key
from tests.cli.command import run_program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(os.environ.get("SKIP_INTEGRATION") == "1", reason="SKIP_INTEGRATION=1"),
    pytest.mark.usefixtures("own_engine"),
]
TABLE: dict[str, Any] = {
    "TableName": "notes",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def local(*arguments: str) -> dict[str, Any]:
    done = run_program("local", *arguments, "--json")
    assert done.err == ""
    facts: dict[str, Any] = json.loads(done.out)
    return {**facts, "code": done.code}


def start(*arguments: str) -> dict[str, Any]:
    return local("start", "--engine", "jvm", *arguments)


def test_an_engine_is_started_once_found_and_stopped() -> None:
    assert local("status") == {"name": "default", "running": False, "code": 1}
    first = start()
    assert (first["started"], first["engine"], first["version"], first["data"]) == (True, "jvm", jvm.version(), None)
    again = start()
    assert again == {**first, "started": False}
    assert local("status") == again
    assert client_of(first["endpoint"], fresh_key()).list_tables()["TableNames"] == []
    assert local("stop") == {"name": "default", "stopped": True, "endpoint": first["endpoint"], "code": 0}
    assert not jvm.answers(first["endpoint"])
    assert local("stop") == {"name": "default", "stopped": False, "endpoint": None, "code": 0}


def test_the_lines_are_for_a_shell() -> None:
    code = 'eval "$("$0" -m dynamorm local start --engine jvm)" && "$0" -c "$1"'
    program = "import boto3; print(boto3.client('dynamodb').list_tables()['TableNames'])"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(  # noqa: S603 - a line of our own
        ["/bin/sh", "-c", code, sys.executable, program], env=plain, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_access_keys_have_databases_of_their_own_and_data_outlives_the_engine(tmp_path: Path) -> None:
    folder, key = tmp_path / "a folder/data", fresh_key()
    first = start("--data", str(folder))
    client = client_of(first["endpoint"], key)
    client.create_table(**TABLE)
    client.put_item(TableName="notes", Item={"id": {"S": "1"}})
    assert client_of(first["endpoint"], fresh_key()).list_tables()["TableNames"] == []
    assert local("stop")["stopped"]
    second = start("--data", str(folder))
    assert second["data"] == str(folder)
    kept = client_of(second["endpoint"], key)
    assert kept.scan(TableName="notes")["Items"] == [{"id": {"S": "1"}}]
    drop_tables(kept)
    assert kept.list_tables()["TableNames"] == []


def test_two_starts_at_once_give_one_engine() -> None:
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: start(), range(2))
    assert one["pid"] == other["pid"]
    assert sorted((one["started"], other["started"])) == [False, True]


def test_engines_of_two_names_stand_side_by_side_on_the_ports_asked_for() -> None:
    port = jvm.free_port()
    one, other = start("--port", str(port)), start("--name", "second")
    assert one["endpoint"] == f"http://127.0.0.1:{port}"
    assert one["pid"] != other["pid"]
    assert local("stop", "--name", "second")["stopped"]
    assert local("status")["running"]


def test_an_engine_that_was_killed_is_noticed() -> None:
    pid = start()["pid"]
    os.kill(pid, signal.SIGKILL)
    assert local("status") == {"name": "default", "running": False, "code": 1}
    assert local("stop")["stopped"] is False
    assert start()["started"]


def test_an_engine_that_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    done = run_program("local", "start", "--engine", "jvm", "--data", str(file / "below"))
    assert done.code == 3
    assert done.err.startswith(f"dynamorm: the folder {file / 'below'} cannot be made: Not a directory")


def test_an_interrupted_start_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "dynamorm", "local", "start", "--engine", "jvm"], stderr=subprocess.PIPE
    ) as process:
        log = tmp_path / "state/dynamorm/local-default.log"
        while not log.exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(30) == 130
    assert local("status")["running"] is False
