"""One headless Chromium for all tests of the page."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from dynamorm_contract.load import ROOT
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

sys.path.insert(0, str(ROOT / "scripts"))
import toolpaths

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium; a machine without one fails with a sentence."""
    if os.environ.get("SKIP_INTEGRATION") == "1":
        pytest.skip("SKIP_INTEGRATION=1")
    path = toolpaths.browser()
    if path is None:
        pytest.fail("there is no Chromium: run `make setup` or `make page`, set CHROMIUM to one, or set SKIP_INTEGRATION=1")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()
