"""Where a user's machine keeps what can be made again (the cache) and what has to be remembered (the state)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "dynamorm"


def cache_folder() -> Path:
    """Give the folder of what can be fetched again: XDG_CACHE_HOME, else the platform's."""
    return _folder("XDG_CACHE_HOME", mac="Library/Caches", windows="Cache", other=".cache")


def state_folder() -> Path:
    """Give the folder of what has to be remembered: XDG_STATE_HOME, else the platform's."""
    return _folder("XDG_STATE_HOME", mac="Library/Application Support", windows="State", other=".local/state")


def _folder(variable: str, *, mac: str, windows: str, other: str) -> Path:
    named = os.environ.get(variable, "")
    if Path(named).is_absolute():  # the XDG specification says to ignore others
        return Path(named) / _NAME
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / _NAME / windows
    return Path.home() / (mac if sys.platform == "darwin" else other) / _NAME
