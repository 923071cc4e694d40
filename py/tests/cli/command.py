"""Running the command as its users do, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamorm.cli import main

if TYPE_CHECKING:
    import pytest

NOTE = """\
# The notes.
dms_version: "1.0"
models:
  - name: Note
    table: { name: notes }
    keys:
      partition: { attribute: id, type: S }
    attributes:
      - { attribute: id, type: S, required: true }
      - { attribute: text, type: S } # what it says
"""


@dataclass(frozen=True)
class Ran:
    """What a run of the command said, and its exit code."""

    code: int
    out: str
    err: str


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ran:
    """Run the command in this process."""
    code = main(list(arguments))
    said = capsys.readouterr()
    return Ran(code, said.out, said.err)


def run_program(*arguments: str, stdin: str = "", **environment: str) -> Ran:
    """Run the command as a program."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "dynamorm", *arguments],
        input=stdin,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
