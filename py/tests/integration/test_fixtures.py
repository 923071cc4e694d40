"""`dynamorm.testing.fixtures` as a project uses them; SKIP_INTEGRATION=1 goes without."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dynamorm.local import Wanted, find, jvm, service, start
from dynamorm.local import state as states

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(os.environ.get("SKIP_INTEGRATION") == "1", reason="SKIP_INTEGRATION=1"),
    pytest.mark.usefixtures("own_engine"),
]
CONFTEST = 'pytest_plugins = ["dynamorm.testing.fixtures"]\n'
TESTS = """\
from typing import Annotated

import pytest

from dynamorm import Client, Model, PartitionKey


class Note(Model, table="notes"):
    id: Annotated[str, PartitionKey()]


@pytest.fixture
def notes(dynamorm_client, dynamodb):
    assert isinstance(dynamorm_client, Client)
    assert dynamodb.list_tables()["TableNames"] == []
    dynamodb.create_table(
        TableName="notes",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    return dynamorm_client.table(Note)


@pytest.mark.parametrize("number", range(3))
def test_each_test_begins_with_nothing(notes, number):
    assert notes.find({"id": "1"}) is None
    notes.create(Note(id="1"))


def test_the_endpoint_is_told(dynamodb_local):
    print("endpoint", dynamodb_local)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_notes.py").write_text(TESTS)
    return folder


def begin(folder: Path, base: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - tests of our own
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "--basetemp", str(base), str(folder)],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for tests that pass, and give the endpoint they used."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    assert "4 passed" in out
    return next(line.split("endpoint ")[1] for line in out.splitlines() if "endpoint " in line)


def test_a_session_starts_an_engine_of_its_own_and_stops_it(project: Path, tmp_path: Path) -> None:
    endpoint = finish(begin(project, tmp_path / "base"))
    assert not jvm.answers(endpoint)
    assert [path.name for path in (tmp_path / "state/dynamorm").glob("local-*.json")] == []


def test_the_workers_of_a_run_share_one_engine_and_the_last_one_stops_it(project: Path, tmp_path: Path) -> None:
    run = {"PYTEST_XDIST_TESTRUNUID": "0123456789abcdef0123456789abcdef"}
    (tmp_path / "base").mkdir()
    workers = [begin(project, tmp_path / f"base/worker{number}", **run) for number in range(2)]
    one, other = map(finish, workers)
    # Where one worker is done before the other begins, each has had an engine of its own.
    assert not jvm.answers(one)
    assert not jvm.answers(other)


def test_the_engine_of_dynamorm_local_is_used_and_stays(project: Path, tmp_path: Path) -> None:
    state, _ = start(wanted=Wanted(engine="jvm"))
    assert finish(begin(project, tmp_path / "base")) == state.endpoint
    assert find() == state


@pytest.mark.parametrize("variable", ["DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_a_named_endpoint_is_used(variable: str, project: Path, tmp_path: Path) -> None:
    state, _ = start("other", Wanted(engine="jvm"))
    assert finish(begin(project, tmp_path / "base", **{variable: state.endpoint})) == state.endpoint
    assert find("other") == state


def test_a_named_endpoint_with_one_database_for_all_is_refused(project: Path, tmp_path: Path) -> None:
    port, home = jvm.free_port(), service.installed()
    log = tmp_path / "log"
    java = jvm.java()
    assert java is not None
    line = [*jvm.command(java, home, port), "-sharedDb"]
    with log.open("wb") as handle:
        process = jvm.spawn(line, home, handle, detached=False)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        jvm.wait_process(endpoint, process, log)
        ran = begin(project, tmp_path / "base", DYNAMODB_ENDPOINT=endpoint)
        out, _ = ran.communicate(timeout=120)
        assert ran.returncode == 1
        assert "has one database for every access key: start it without -sharedDb" in out
    finally:
        jvm.end(process)


def test_where_there_is_no_engine_the_tests_fail_in_a_sentence(project: Path, tmp_path: Path) -> None:
    ran = begin(project, tmp_path / "base", PATH="", JAVA_HOME="")
    out, _ = ran.communicate(timeout=120)
    assert ran.returncode == 1
    assert "DynamoDB Local needs Java 17 or newer and there is none: install Docker" in out
    assert states.read("default") is None
