"""What several tests stand on."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DYNAMODB_ENDPOINT", raising=False)
    if os.environ.get("SKIP_INTEGRATION") == "1":
        pytest.skip("SKIP_INTEGRATION=1: no DynamoDB Local")
