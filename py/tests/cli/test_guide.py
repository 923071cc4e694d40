"""What the guides show of the command is what it does."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from dynamorm.cli import app, main

FOLDER = Path(__file__).parents[3] / "docs/guides"
GUIDES = {name: (FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in ("command", "tables", "migration")}
GUIDE = GUIDES["command"]


def blocks(language: str, guide: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["command", "tables"])
def test_the_consoles_of_a_guide_show_what_happens(name: str, tmp_path: Path) -> None:
    guide = GUIDES[name]
    for block in blocks("yaml", guide):
        head, _, text = block.partition("\n")
        (tmp_path / head.removeprefix("# ")).write_text(text)
    tool = tmp_path / "bin/dynamorm"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m dynamorm "$@"\n')
    tool.chmod(0o755)
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    steps = [
        step for block in blocks("console", guide) for step in re.split(r"^\$ ", block, flags=re.MULTILINE) if step
    ]
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


SHELLS = "".join(block for guide in GUIDES.values() for block in (*blocks("sh", guide), *blocks("json", guide)))


@pytest.mark.parametrize("line", re.findall(r"dynamorm (?:local|dms|contract|table|migrate)[^#|)\n`\"]*", SHELLS))
def test_the_shells_of_the_guides_use_what_there_is(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(line.partition(" -- ")[0])[1:]
    command = words[:1] if words[0] == "migrate" else [word for word in words if not word.startswith("-")][:2]
    assert main([*command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in words if word.startswith("--"))


def test_the_json_of_the_guides_is_json() -> None:
    batch, steps = (json.loads(block) for guide in GUIDES.values() for block in blocks("json", guide))
    task = steps["States"]["Migrate"]["ItemProcessor"]["States"]["Segment"]["Parameters"]
    told = task["Overrides"]["ContainerOverrides"][0]["Command.$"].replace("$.segment", "'$AWS_BATCH_JOB_ARRAY_INDEX'")
    # Both run the same command.
    assert " ".join(re.findall(r"'([^']*)'", told)) == batch["containerOverrides"]["command"][2]


def test_the_exit_codes_of_the_guide_are_those_of_the_help() -> None:
    rows = re.findall(r"^\| (\d) \| ", GUIDE, re.MULTILINE)
    assert rows == re.findall(r"(\d) [a-z]", str(get_command(app).epilog).partition("Exit codes: ")[2])
