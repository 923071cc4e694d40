from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer

from dynamorm.cli.connection import Connection, Prefix, connected, sdk_client, unconnected
from dynamorm.cli.documents import load
from dynamorm.cli.output import CommandError
from dynamorm.local import jvm
from dynamorm.local import state as states

from .command import ran

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing of this machine be found."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    for name in ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "one")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "two")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_options_stand_before_what_the_sdk_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
    found = sdk_client(Connection())
    assert (found.meta.region_name, found.meta.endpoint_url) == ("eu-west-1", "http://127.0.0.1:1")
    said = sdk_client(Connection(region="us-west-2", endpoint_url="http://127.0.0.1:2"), pool=30)
    assert (said.meta.region_name, said.meta.endpoint_url) == ("us-west-2", "http://127.0.0.1:2")
    assert (found.meta.config.max_pool_connections, said.meta.config.max_pool_connections) == (10, 30)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "no region is known: give --region or --profile, or set AWS_DEFAULT_REGION (--local needs none)"),
        (["--profile", "nope"], "The config profile (nope) could not be found"),
        (["--region", "us-east-1", "--endpoint-url", "foo"], "Invalid endpoint: foo"),
        (["--local"], "DynamoDB Local does not run; `dynamorm local start` starts it"),
        (["--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:1"], "NetworkError: the service could not be"),
    ],
    ids=str,
)
def test_what_cannot_be_reached_is_a_sentence(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = ran(capsys, "table", "list", *arguments)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"dynamorm: {why}")


@pytest.mark.parametrize("beside", [["--region", "r"], ["--endpoint-url", "e"], ["--profile", "p"]], ids=str)
def test_local_says_where(beside: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "table", "list", "--local", *beside).code == 2


def test_local_is_the_engine_that_runs_and_the_tables_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(_name: str) -> states.State:
        return states.State("default", "http://127.0.0.1:3", "jvm", "3", "mark")

    monkeypatch.setattr("dynamorm.cli.connection.find", find)
    client = sdk_client(Connection(local=True))
    assert (client.meta.region_name, client.meta.endpoint_url) == ("us-east-1", "http://127.0.0.1:3")
    assert client._request_signer._credentials.access_key == "local"


def test_an_engine_that_cannot_be_asked_for_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(_name: str) -> None:
        raise jvm.EngineError("broken")

    monkeypatch.setattr("dynamorm.cli.connection.find", find)
    with pytest.raises(CommandError, match="broken"):
        sdk_client(Connection(local=True))
    with pytest.raises(typer.BadParameter):
        sdk_client(Connection(local=True, region="x"))


def test_a_prefix_stands_before_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        '{"dms_version": "1.0", "models": [{"name": "A", "table": {"name": "abc"}, "keys": {"partition":'
        ' {"attribute": "id", "type": "S"}}, "attributes": [{"attribute": "id", "type": "S", "required": true}]}]}'
    )
    (model,) = load(str(file)).values()
    for client in (unconnected(Prefix("t-")), connected(Connection(table_prefix="t-", region="us-east-1"))):
        assert client.bound(model).table == "t-abc"
    done = ran(capsys, "table", "export", "-d", str(file), "--table-prefix", "t-")
    assert json.loads(done.out)["TableName"] == "t-abc"
