"""What the integration tests share: an engine's files that Maven really brought, and a state of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dynamorm.local import EngineError, stop
from dynamorm.local.lines import environment
from dynamorm.testing.engines import client_of, drop_tables, fresh_key
from dynamorm.testing.fixtures import dynamodb_local
from tests.cli.shop import CHANGES, SHOP

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["dynamodb_local"]  # a fixture


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def own_engine(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Give `dynamorm local` folders of its own, and stop whatever a test left behind."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.delenv(name, raising=False)
    yield
    for path in (tmp_path / "state/dynamorm").glob("local-*.json"):
        try:
            stop(path.stem.removeprefix("local-"))
        except EngineError as error:
            pytest.fail(str(error))


@pytest.fixture
def shop(dynamodb_local: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    """Give a folder with a shop's document, a DynamoDB of its own by the environment, and a boto3 client of it."""
    key = fresh_key()
    for name, value in environment(dynamodb_local).items():
        monkeypatch.setenv(name, key if name.startswith(("AWS_ACCESS", "AWS_SECRET")) else value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "changes.py").write_text(CHANGES)
    client = client_of(dynamodb_local, key)
    yield client
    drop_tables(client)
    client.close()
