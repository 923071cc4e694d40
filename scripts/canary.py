"""The canary: a library on the newest SDK there is.

    canary.py py|ts|go [--into DIR]    in a clone of HEAD, which it makes and, without --into, removes

Locks hold what was tested; users have what came out today. The clone is set up as locked, its SDK is brought to the
newest release, and the house's types, unit tests and contract run on it. The report is Markdown, and goes to the file
of GITHUB_STEP_SUMMARY, too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TARGETS = "pure,wire,live"  # whole but for the self-tests and mutants, which prove the suite and not the SDK
SHOWN_LINES = 80
STEP_SECONDS = 45 * 60
_VENV = ".venv/bin/python"
_GO_SDK = re.compile(r"^\s+(github\.com/aws/(?:aws-sdk-go-v2|smithy-go)\S*) (v\S+)(?!.*// indirect)$", re.MULTILINE)
_PY_SDK = ("boto3", "botocore")


class CanaryError(Exception):
    """The canary cannot be run; the message says why."""


@dataclass(frozen=True)
class House:
    """How a house's SDK is named, brought up to date, and asked for its version."""

    setup: str
    upgrade: Callable[[Path], list[list[str]]]
    versions: Callable[[Path], dict[str, str]]
    folder: str = "."


@dataclass(frozen=True)
class Step:
    """One step, and what came of it."""

    name: str
    passed: bool
    seconds: float
    output: str


def go_modules(root: Path) -> dict[str, str]:
    """Give the SDK's modules that go.mod requires directly, with their versions."""
    return dict(_GO_SDK.findall((root / "go.mod").read_text(encoding="utf-8")))


def npm_packages(root: Path) -> list[str]:
    """Give the SDK's packages that the library and its tests name."""
    manifest = json.loads((root / "ts/package.json").read_text(encoding="utf-8"))
    named = {**manifest.get("peerDependencies", {}), **manifest.get("devDependencies", {})}
    return sorted(name for name in named if name.startswith(("@aws-sdk/", "@smithy/")))


def py_versions(root: Path) -> dict[str, str]:
    """Give what the clone's environment holds."""
    program = f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {_PY_SDK!r}}}))"
    found: dict[str, str] = json.loads(output_of([str(root / _VENV), "-c", program], root))
    return found


def npm_versions(root: Path) -> dict[str, str]:
    """Give what the clone's node_modules hold."""
    manifests = {name: root / "ts/node_modules" / name / "package.json" for name in npm_packages(root)}
    return {name: json.loads(path.read_text(encoding="utf-8"))["version"] for name, path in manifests.items()}


HOUSES = {
    "py": House(
        "py",
        lambda _: [[".venv/bin/uv", "pip", "install", "--quiet", "--python", _VENV, "--upgrade", *_PY_SDK]],
        py_versions,
    ),
    "ts": House(
        "py,ts",
        lambda root: [
            ["npm", "install", "--no-audit", "--no-fund", *(f"{name}@latest" for name in npm_packages(root))]
        ],
        npm_versions,
        "ts",
    ),
    "go": House(
        "py,go",
        lambda root: [["go", "get", *(f"{name}@latest" for name in go_modules(root))], ["go", "mod", "tidy"]],
        go_modules,
    ),
}


def checks(language: str) -> list[list[str]]:
    """Give what has to pass; the make target sets nothing up that the upgrade did."""
    groups = ["unit"] if language == "go" else ["types", "unit"]
    return [
        [_VENV, "scripts/check.py", *groups, language],
        ["make", "contract", f"LANGS={language}", f"TARGET={TARGETS}"],
    ]


def output_of(command: Sequence[str], cwd: Path) -> str:
    """Give what a command prints; one that fails ends the canary."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CanaryError(f"`{command[0]}` ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def perform(command: Sequence[str], cwd: Path) -> Step:
    """Run one step to its end, or to the limit of its time."""
    name = " ".join(command)
    print(f"canary: {name}", flush=True)
    begin = time.monotonic()
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=STEP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Step(name, passed=False, seconds=time.monotonic() - begin, output=str(error))
    return Step(name, done.returncode == 0, time.monotonic() - begin, done.stdout)


def fly(language: str, root: Path) -> tuple[dict[str, str], dict[str, str], list[Step]]:
    """Set a clone up, bring its SDK up to date, and check; give the versions before and after."""
    house = HOUSES[language]
    setup = perform([sys.executable, "scripts/setup.py", "--langs", house.setup, "--engine"], root)
    if not setup.passed:
        return {}, {}, [setup]
    before = house.versions(root)
    steps = [setup]
    for command in house.upgrade(root):
        steps.append(perform(command, root / house.folder))
        if not steps[-1].passed:
            return before, before, steps
    # Every check runs: what else broke is part of the answer.
    return before, house.versions(root), [*steps, *(perform(command, root) for command in checks(language))]


def report(language: str, before: dict[str, str], after: dict[str, str], steps: Sequence[Step]) -> str:
    """Tell it in Markdown."""
    passed = all(step.passed for step in steps)
    out = [f"## Canary: {language} {'passes' if passed else 'FAILS'} on the newest SDK", ""]
    out += ["| package | locked | newest |", "| --- | --- | --- |"]
    out += [f"| {name} | {before.get(name, 'none')} | {version} |" for name, version in after.items()]
    out += ["", "| step | result | seconds |", "| --- | --- | --- |"]
    out += [f"| `{step.name}` | {'ok' if step.passed else 'FAILED'} | {step.seconds:.0f} |" for step in steps]
    for step in steps:
        if not step.passed:
            out += ["", f"`{step.name}`:", "", *(f"    {line}" for line in step.output.splitlines()[-SHOWN_LINES:])]
    return "\n".join(out) + "\n"


def clone(into: Path) -> None:
    """Clone HEAD into an empty folder; nobody's working tree is touched."""
    if into.exists() and any(into.iterdir()):
        raise CanaryError(f"{into} is not empty")
    output_of(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(into)], ROOT)
    output_of(["git", "checkout", "--quiet", "--detach", output_of(["git", "rev-parse", "HEAD"], ROOT).strip()], into)


def main(arguments: list[str] | None = None) -> int:
    """Fly it, and tell."""
    parser = argparse.ArgumentParser(description="run a house on the newest SDK")
    parser.add_argument("language", choices=sorted(HOUSES))
    parser.add_argument("--into", type=Path, help="an empty folder for the clone, which then stays")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="canary-") as folder:
            root = (options.into or Path(folder) / "clone").resolve()
            clone(root)
            before, after, steps = fly(options.language, root)
    except (CanaryError, OSError) as error:
        print(f"canary: {error}", file=sys.stderr)
        return 2
    text = report(options.language, before, after, steps)
    print(*(step.output for step in steps if not step.passed), text, sep="\n")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
    return 0 if all(step.passed for step in steps) else 1


if __name__ == "__main__":
    sys.exit(main())
