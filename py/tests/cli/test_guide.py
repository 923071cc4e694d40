"""What docs/guides/command.md shows is what the command does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from dynamorm.cli import app, main

GUIDE = (Path(__file__).parents[3] / "docs/guides/command.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_the_consoles_of_the_guide_show_what_happens(tmp_path: Path) -> None:
    for block in blocks("yaml"):
        head, _, text = block.partition("\n")
        (tmp_path / head.removeprefix("# ")).write_text(text)
    tool = tmp_path / "bin/dynamorm"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m dynamorm "$@"\n')
    tool.chmod(0o755)
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    steps = [step for block in blocks("console") for step in re.split(r"^\$ ", block, flags=re.MULTILINE) if step]
    assert steps
    for step in steps:
        line, _, shown = step.partition("\n")
        done = subprocess.run(  # noqa: S603 - lines of our own
            ["/bin/sh", "-c", line],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout + done.stderr == shown, line


@pytest.mark.parametrize("line", re.findall(r"dynamorm (?:local|dms|contract)[^#|)\n`]*", "".join(blocks("sh"))))
def test_the_shells_of_the_guide_use_what_there_is(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(line.partition(" -- ")[0])[1:]
    command = [word for word in words if not word.startswith("-")][:2]
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in words if word.startswith("--"))


def test_the_exit_codes_of_the_guide_are_those_of_the_help() -> None:
    rows = re.findall(r"^\| (\d) \| ", GUIDE, re.MULTILINE)
    assert rows == re.findall(r"(\d) [a-z]", str(get_command(app).epilog).partition("Exit codes: ")[2])
