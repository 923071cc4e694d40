"""The gates: everything CI runs, each with a name, a result and a time.

    check.py                 all of them (`make test`)
    check.py lint types      those groups
    check.py py              the gates of one house in every group
    check.py --list          what there is

A gate's output is shown when it fails. The last line counts the tests of all gates that ran
(a gate without tests counts as one), in the form `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import counting
import engine
import toolpaths
from counting import count_contract, count_go, count_one, count_pytest, count_vitest, show_go
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GROUPS = ("generated", "lint", "types", "unit", "tox", "dist", "contract")
HOUSES = ("scripts", "conductor", "py", "ts", "go", "workflows", "docs")
LANGUAGES = ("py", "ts", "go")
# Single-threaded checkers: two at a time on two cores. Tests run alone, so that their times mean something.
PARALLEL = {"generated": 2, "lint": 2, "types": 2}
NEEDS_ENGINE = {"unit", "dist", "contract"}
GATE_SECONDS = 45 * 60
SHOWN_LINES = 200
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# The native entry points show every case; here a few prove that they work, for the contract run counts them all.
NARROW = ("FILTER=p0-create-*",)
# The shell scripts of the repository; a test looks that they are all here.
SHELL_SCRIPTS = (".ci/run", ".devcontainer/post-create.sh")
# What the host and Docker read, by the schema that it has to fit.
SHAPES = {
    "github-issue-forms": tuple(f".github/ISSUE_TEMPLATE/{name}.yml" for name in ("bug", "feature", "parity")),
    "dependabot": (".github/dependabot.yml",),
    "compose-spec": ("docker-compose.yml",),
}
# Not build/dist: these are made of the tree as it is, and are nobody's release.
DIST = toolpaths.BUILD / "check/dist"


# --- the gates ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gate:
    """One check: where it runs, what it runs, and how its tests are counted."""

    group: str
    house: str
    name: str
    command: tuple[str, ...]
    cwd: str = "."
    count: counting.Counter = count_one
    show: Callable[[str], str] = str
    live: bool = False
    """Whether the output goes to the terminal as it comes."""
    silent: bool = False
    """Whether any output at all is a failure, as with `gofmt -l`."""
    path: tuple[str, ...] = ()
    """Folders that come first on this gate's PATH."""

    @property
    def title(self) -> str:
        """Give the name in the table."""
        return f"{self.house}: {self.name}"


@dataclass
class Outcome:
    """What came of a gate."""

    gate: Gate
    passed: bool
    seconds: float
    output: str
    counts: counting.Counts = field(init=False)

    def __post_init__(self) -> None:
        """Count its tests."""
        self.counts = self.gate.count(self.output, self.passed)


def _tool(name: str) -> str:
    return str(toolpaths.venv_tool(name))


def _python_gates(house: str, cwd: str, sources: Sequence[str], tests: str = "tests") -> list[Gate]:
    """Give the lint, type and unit gates of a house written in Python."""
    config = "pyproject.toml"
    python = str(toolpaths.venv_python())
    ruff = ("--config", config)
    pyright = (_tool("pyright"), "--pythonpath", python, "-p", config)
    mypy = (_tool("mypy"), "--config-file", config, "--cache-dir", str(toolpaths.BUILD / "mypy" / house))
    gates = [
        Gate("lint", house, "ruff", (_tool("ruff"), "check", "--output-format", "concise", *ruff, "."), cwd),
        Gate("lint", house, "format", (_tool("ruff"), "format", "--check", *ruff, "."), cwd),
        Gate("types", house, "mypy", (*mypy, *sources), cwd),
        Gate("types", house, "pyright", pyright, cwd),
    ]
    if any((ROOT / cwd / tests).glob("test_*.py")):
        gates.append(Gate("unit", house, "pytest", (python, "-m", "pytest", "-q"), cwd, count_pytest))
    return gates


def _ts_gates() -> list[Gate]:
    return [
        Gate("lint", "ts", "eslint", ("npm", "run", "--silent", "lint"), "ts"),
        Gate("lint", "ts", "prettier", ("npm", "run", "--silent", "format:check"), "ts"),
        Gate("types", "ts", "tsc", ("npm", "run", "--silent", "types"), "ts"),
        Gate("unit", "ts", "vitest", ("npm", "run", "--silent", "test"), "ts", count_vitest),
        Gate(
            "unit",
            "ts",
            "contract as tests",
            ("env", *NARROW, "npm", "run", "--silent", "contract"),
            "ts",
            count_vitest,
        ),
    ]


def _go_gates() -> list[Gate]:
    folders = [name for name in ("dynamorm", "contract-tests/runners/go", "scripts/gozip") if (ROOT / name).is_dir()]
    return [
        Gate("lint", "go", "gofmt", ("gofmt", "-l", *folders), silent=True),
        Gate("lint", "go", "vet", ("go", "vet", "./...")),
        Gate("lint", "go", "staticcheck", (str(toolpaths.BIN / "staticcheck"), "./...")),
        Gate("lint", "scripts", "vet of gozip", ("go", "vet", "./..."), "scripts/gozip"),
        Gate("lint", "scripts", "staticcheck of gozip", (str(toolpaths.BIN / "staticcheck"), "./..."), "scripts/gozip"),
        Gate("unit", "go", "go test", ("env", *NARROW, "go", "test", "-json", "./..."), ".", count_go, show_go),
    ]


def _workflow_gates() -> list[Gate]:
    shellcheck = _tool("shellcheck")
    # The shell inside the workflows is shellcheck's, too; there is no Python in them for pyflakes to read.
    actionlint = (str(toolpaths.BIN / "actionlint"), "-shellcheck", shellcheck, "-pyflakes", "")
    shapes = (_tool("check-jsonschema"), "--builtin-schema")
    return [
        Gate("lint", "workflows", "actionlint", actionlint),
        Gate("lint", "workflows", "shellcheck", (shellcheck, *SHELL_SCRIPTS)),
        *(Gate("lint", "workflows", name, (*shapes, f"vendor.{name}", *files)) for name, files in SHAPES.items()),
        Gate("lint", "docs", "links", (str(toolpaths.venv_python()), "scripts/links.py")),
    ]


def _contract_gates() -> list[Gate]:
    conductor = (str(toolpaths.venv_python()), "-m", "dynamorm_contract")
    browser = (str(toolpaths.venv_python()), "-m", "pytest", "-q", "conductor/browser")
    return [
        Gate("contract", "all", "contract", (*conductor, "run"), count=count_contract, live=True),
        Gate("contract", "all", "fuzz", (*conductor, "fuzz", "--steps", "300", "--seed", "1")),
        Gate("contract", "all", "chaos", (*conductor, "chaos", "--steps", "1000", "--seed", "1")),
        Gate("contract", "all", "parity matrix", (*conductor, "parity", "--check")),
        Gate("contract", "all", "parity page", browser, "contract-tests", count_pytest),
    ]


def _dist_gates() -> list[Gate]:
    """Build the files of a release twice, of the tree as it is, and use them."""
    python = str(toolpaths.venv_python())
    build = (python, "scripts/dist.py", "--dirty", "--twice", "--out", str(DIST))
    return [
        Gate("dist", "all", "files of a release, built twice", build),
        Gate("dist", "all", "installed, used, within budgets", (python, "scripts/verify_dist.py", "--dist", str(DIST))),
    ]


def find_pythons() -> dict[str, str]:
    """Give the interpreters the machine has, by version; a version manager's shim counts only if it runs."""
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found: dict[str, str] = {}
    for version in PYTHONS:
        candidates = [shutil.which(f"python{version}"), *map(str, managed.glob(f"{version}.*/bin/python{version}"))]
        for candidate in candidates:
            if candidate and toolpaths.version_of([candidate, "--version"]):
                found[version] = candidate
                break
    return found


def _tox_gates() -> list[Gate]:
    if not (ROOT / "py/tox.ini").exists():
        return []
    found = find_pythons()
    environments = ",".join("py" + version.replace(".", "") for version in found)
    folders = tuple(str(Path(path).parent) for path in found.values())
    missing = ", ".join(version for version in PYTHONS if version not in found)
    name = f"tox {', '.join(found)}" + (f" (not here: {missing})" if missing else "")
    return [Gate("tox", "py", name, (_tool("tox"), "run", "-q", "-e", environments), "py", count_pytest, path=folders)]


def _conductor_sources() -> list[str]:
    """Give what mypy reads of the contract suite: the conductor, and the Python runner once it is there."""
    runner = "runners/py/runner.py"
    return ["conductor/dynamorm_contract", *([runner] if (ROOT / "contract-tests" / runner).exists() else [])]


def _contract_as_pytest(python: str) -> tuple[str, ...]:
    return ("env", *NARROW, python, "-m", "pytest", "-q", "runners/py")


def all_gates() -> list[Gate]:
    """List the gates in the order of the groups."""
    python = str(toolpaths.venv_python())
    scripts = [path.name for path in sorted((ROOT / "scripts").glob("*.py"))]
    houses = [name for name in ("src", "tests") if (ROOT / "py" / name).is_dir()]
    gates = [
        Gate("generated", "all", "generated files", (python, "scripts/generate.py", "--check")),
        Gate("generated", "all", "versions", (python, "scripts/version.py", "check")),
        Gate("generated", "all", "change fragments", (python, "scripts/changelog.py", "check")),
        Gate("generated", "all", "DMS since its release", (python, "scripts/spec_diff.py")),
        *_python_gates("scripts", "scripts", [*scripts, "generators", "tests"]),
        *_python_gates("conductor", "contract-tests", _conductor_sources(), "conductor/tests"),
        *_python_gates("py", "py", houses),
        Gate("unit", "py", "contract as tests", _contract_as_pytest(python), "contract-tests", count_pytest),
        *_ts_gates(),
        *_go_gates(),
        *_workflow_gates(),
        *_tox_gates(),
        *_dist_gates(),
        *_contract_gates(),
    ]
    return sorted(gates, key=lambda gate: GROUPS.index(gate.group))


def select(gates: Sequence[Gate], words: Sequence[str]) -> list[Gate]:
    """Give the gates of the groups and houses asked for; with both, those in both."""
    groups = {word for word in words if word in GROUPS} or set(GROUPS)
    houses = {word for word in words if word in HOUSES} or {*HOUSES, "all"}
    return [gate for gate in gates if gate.group in groups and gate.house in houses]


# --- running ------------------------------------------------------------------------------------------------


def gate_environment() -> dict[str, str]:
    """Give the environment of every gate: the pinned Node first, no colours, nobody's AWS configuration."""
    node = toolpaths.node()
    path = os.environ.get("PATH", "")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "PATH": f"{node.parent}{os.pathsep}{path}" if node else path,
        "DYNAMORM_NODE": str(node or "node"),
        "NO_COLOR": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def run_gate(gate: Gate, environment: dict[str, str]) -> Outcome:
    """Run one gate to its end, or to the limit of its time."""
    begin = time.monotonic()
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            gate.command,
            cwd=ROOT / gate.cwd,
            env={**environment, "PATH": os.pathsep.join((*gate.path, environment["PATH"]))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        return Outcome(gate, passed=False, seconds=0.0, output=f"{gate.command[0]} does not start: {error}")
    with process:
        timer = threading.Timer(GATE_SECONDS, process.kill)
        timer.start()
        for line in process.stdout or ():
            lines.append(line)
            if gate.live:
                print(line, end="", flush=True)
        timer.cancel()
    output = "".join(lines)
    passed = process.returncode == 0 and not (gate.silent and output.strip())
    return Outcome(gate, passed, time.monotonic() - begin, output)


def report_gate(outcome: Outcome) -> None:
    """Print one line, and what the gate said where it failed."""
    word = "ok" if outcome.passed else "FAILED"
    print(f"{word:6} {outcome.gate.title} ({outcome.seconds:.1f} s)", flush=True)
    if not outcome.passed and not outcome.gate.live:
        shown = outcome.gate.show(outcome.output).rstrip().splitlines()
        if len(shown) > SHOWN_LINES:
            print(f"       ... {len(shown) - SHOWN_LINES} lines before these")
        print("\n".join(f"       {line}" for line in shown[-SHOWN_LINES:]), flush=True)


def run_group(group: str, gates: Sequence[Gate], environment: dict[str, str]) -> list[Outcome]:
    """Run the gates of one group, several at a time where that is harmless."""
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(PARALLEL.get(group, 1)) as pool:
        for outcome in pool.map(partial(run_gate, environment=environment), gates):
            report_gate(outcome)
            outcomes.append(outcome)
    return outcomes


def run_all(gates: Sequence[Gate]) -> list[Outcome]:
    """Run the gates group by group; those that want a DynamoDB share one."""
    environment = gate_environment()
    outcomes: list[Outcome] = []
    # A shell that starts us in the background has interrupts ignored; tests of interrupts have to hear them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if any(gate.count is count_contract for gate in gates):
        counting.SUMMARY.unlink(missing_ok=True)  # figures of an earlier run are none of this one's
    with contextlib.ExitStack() as stack:
        for group in GROUPS:
            chosen = [gate for gate in gates if gate.group == group]
            if chosen and group in NEEDS_ENGINE and "DYNAMODB_ENDPOINT" not in environment and not _skip_integration():
                environment["DYNAMODB_ENDPOINT"] = stack.enter_context(engine.running())
            outcomes += run_group(group, chosen, environment)
    return outcomes


def _skip_integration() -> bool:
    return os.environ.get("SKIP_INTEGRATION") == "1"


def table(outcomes: Sequence[Outcome]) -> str:
    """Give the closing table."""
    width = max(len(outcome.gate.title) for outcome in outcomes)
    rows = [f"{'gate':{width}}  result  passed  failed  seconds"]
    for outcome in outcomes:
        word, counts = "ok" if outcome.passed else "FAILED", outcome.counts
        rows.append(
            f"{outcome.gate.title:{width}}  {word:6}  {counts.passed:6}  {counts.failed:6}  {outcome.seconds:7.1f}"
        )
    return "\n".join(rows)


def closing_line(outcomes: Sequence[Outcome]) -> str:
    """Give the totals."""
    passed = sum(outcome.counts.passed for outcome in outcomes)
    failed = sum(outcome.counts.failed for outcome in outcomes)
    return f"{passed} passed, {failed} failed"


def main(arguments: list[str] | None = None) -> int:
    """Run the gates asked for."""
    parser = argparse.ArgumentParser(description="run the gates of CI")
    parser.add_argument("words", nargs="*", metavar="GROUP|HOUSE", help=f"{', '.join(GROUPS)}; {', '.join(HOUSES)}")
    parser.add_argument("--list", action="store_true", help="list the gates and run none")
    options = parser.parse_args(arguments)
    if unknown := [word for word in options.words if word not in (*GROUPS, *HOUSES)]:
        parser.error(f"unknown: {', '.join(unknown)}")
    gates = select(all_gates(), options.words)
    if options.list:
        print("\n".join(f"{gate.group:10} {gate.title}" for gate in gates))
        return 0
    if not gates:
        print("check: there is no such gate", file=sys.stderr)
        return 2
    try:
        outcomes = run_all(gates)
    except engine.EngineError as error:
        print(f"check: {error}", file=sys.stderr)
        return 1
    print(f"\n{table(outcomes)}\n\n{closing_line(outcomes)}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
