"""`dynamorm contract` as people outside use it: the wheel in an environment of its own, away from the repository.

SKIP_INTEGRATION=1 goes without.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(os.environ.get("SKIP_INTEGRATION") == "1", reason="SKIP_INTEGRATION=1"),
    pytest.mark.usefixtures("own_engine"),
]
ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
LOCK = ROOT / "scripts/requirements.lock"
CASES = 6


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603 - our own programs
        list(map(str, command)), cwd=cwd, env=plain, capture_output=True, text=True, check=False, timeout=300
    )


def must(*command: str | Path, cwd: Path) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with an environment that has the wheel and its extra, and a copy of the Python runner."""
    folder = tmp_path_factory.mktemp("away")
    must(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT / "py")
    (wheel,) = folder.glob("*.whl")
    must(UV, "venv", "--python", sys.executable, "env", cwd=folder)
    install = (UV, "pip", "install", "--python", "env/bin/python", "-c", LOCK, f"{wheel}[contract]")
    # What the lock brought is in uv's cache, most often.
    if run(*install, "--offline", cwd=folder).returncode != 0:
        must(*install, cwd=folder)
    shutil.copytree(ROOT / "contract-tests/runners/py", folder / "runner", ignore=shutil.ignore_patterns("test_*"))
    return folder


def test_a_runner_elsewhere_is_run_by_what_the_wheel_brings(away: Path) -> None:
    command = ("contract", "run", "--local", "--filter", "p0-create*", "--", away / "env/bin/python", "runner.py")
    done = run(away / "env/bin/dynamorm", *command, cwd=away / "runner")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    numbers, last = done.stdout.splitlines()
    ran = int(numbers.rpartition(" ")[2])
    assert numbers == f"P0: {ran} passed, 0 failed, 0 not supported of {ran}"
    assert ran > CASES  # each on the wire, some live as well
    assert last.startswith(f"green: {ran} of {ran} ran in ")
    assert list((Path(os.environ["XDG_STATE_HOME"]) / "dynamorm").glob("*")) == []


def test_the_suite_of_the_wheel_is_that_of_the_repository(away: Path) -> None:
    page = must(away / "env/bin/dynamorm", "contract", "protocol", cwd=away)
    assert page == (ROOT / "contract-tests/runners/README.md").read_text(encoding="utf-8")
