"""Fixtures for pytest: a real DynamoDB for the session, and tables of its own for each test.

pytest_plugins = ["dynamorm.testing.fixtures"]      # in the conftest.py at the root

def test_an_order_is_found_again(dynamorm_client): ...
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import pytest

from ..client import Client
from ..local import EngineError
from .engines import client_of, drop_tables, fresh_key, session_endpoint

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.fixture(scope="session")
def dynamodb_local(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Give an endpoint: of DYNAMODB_ENDPOINT, of AWS_ENDPOINT_URL_DYNAMODB, of `dynamorm local`, or of a new engine."""
    folder, run = tmp_path_factory.getbasetemp(), os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is not None:  # the workers of a run have folders of their own beside one another
        folder = folder.parent
    with _told(), session_endpoint(run or str(os.getpid()), folder) as endpoint:
        yield endpoint


@contextlib.contextmanager
def _told() -> Generator[None]:
    """Fail in a sentence where there is no engine."""
    try:
        yield
    except EngineError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def dynamodb(dynamodb_local: str) -> Generator[Any]:
    """Give a boto3 client of an empty DynamoDB that no other test sees; its tables go with the test."""
    client = client_of(dynamodb_local, fresh_key())
    yield client
    drop_tables(client)
    client.close()


@pytest.fixture
def dynamorm_client(dynamodb: Any) -> Client:  # noqa: ANN401 - boto3 makes its clients at run time
    """Give a client of an empty DynamoDB that no other test sees."""
    return Client(dynamodb)
