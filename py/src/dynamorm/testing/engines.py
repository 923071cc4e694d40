"""Which DynamoDB a test session uses: one that runs already, else one of its own, shared by the session's processes."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from typing import TYPE_CHECKING, Any

from ..local import EngineError, Wanted, find, start, stop
from ..local.lines import REGION
from ..local.state import locked

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

VARIABLES = ("DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB")


@contextlib.contextmanager
def session_endpoint(run: str, folder: Path) -> Generator[str]:
    """Give a session its endpoint: the named one, else that of `dynamorm local`, else one of the session's own.

    `run` names the session and `folder` belongs to it; its processes share one engine, and the last one stops it.
    """
    named = next(filter(None, map(os.environ.get, VARIABLES)), None)
    if named is not None:
        check_apart(named)
        yield named
        return
    running = find()
    if running is not None:
        yield running.endpoint
        return
    with _shared(f"test-{run}"[:40], folder) as endpoint:
        yield endpoint


@contextlib.contextmanager
def _shared(name: str, folder: Path) -> Generator[str]:
    users, mine = folder / f"{name}.users", str(os.getpid())
    with locked(folder / f"{name}.lock"):
        endpoint = start(name, Wanted(memory=True))[0].endpoint
        users.mkdir(exist_ok=True)
        (users / mine).touch()
    try:
        yield endpoint
    finally:
        with locked(folder / f"{name}.lock"):
            (users / mine).unlink(missing_ok=True)
            if not any(_lives(one.name) for one in users.iterdir()):
                stop(name)


def _lives(pid: str) -> bool:
    """Say whether a process of the session still runs; one that crashed does not keep the engine."""
    if sys.platform == "win32":  # where asking would be a signal
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def fresh_key() -> str:
    """Give an access key that nobody else has, of letters and digits; DynamoDB Local has a database for each."""
    return f"test{secrets.token_hex(8)}"


def client_of(endpoint: str, key: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """Make a boto3 client whose tables nobody else sees."""
    import boto3  # noqa: PLC0415 - a session that needs no client is not slowed down

    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=key, region_name=REGION)
    return session.client("dynamodb", endpoint_url=endpoint)


def drop_tables(client: Any) -> None:  # noqa: ANN401 - see client_of
    """Delete the tables of a test; they are its own, for nobody else has its key."""
    for page in client.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            client.delete_table(TableName=name)


def check_apart(endpoint: str) -> None:
    """Refuse a DynamoDB whose access keys see one another's tables: tests would meet, and delete what is not theirs.

    Raises EngineError, also where no DynamoDB takes a key that nobody knows.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see client_of

    try:
        is_shared = _shares(endpoint)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise EngineError(f"the DynamoDB at {endpoint} cannot be used: {error}") from error
    if is_shared:
        raise EngineError(
            f"the DynamoDB at {endpoint} has one database for every access key: start it without -sharedDb"
        )


def _shares(endpoint: str) -> bool:
    """Say whether a table of one access key is seen by another."""
    one, other = (client_of(endpoint, fresh_key()) for _ in range(2))
    name = f"probe-{secrets.token_hex(8)}"
    attribute = "id"
    one.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": attribute, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"}],
    )
    try:
        return name in other.list_tables()["TableNames"]
    finally:
        one.delete_table(TableName=name)
