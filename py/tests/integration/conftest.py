"""What the integration tests share: an engine's files that Maven really brought, and a state of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dynamorm.local import EngineError, stop

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


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
