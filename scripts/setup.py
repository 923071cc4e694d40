"""Set-up: check the prerequisites, then do only those steps whose inputs changed.

    setup.py [--langs py,ts,go] [--engine] [--lint] [--browser]

It runs with the system's own Python and the standard library, from a clean clone, with nobody to answer a
question. Each step has a stamp in build/setup: a hash of its inputs. A step whose stamp is fresh and whose
result is still there costs nothing, so every make target can begin here.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import toolpaths
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

LANGUAGES = ("py", "ts", "go")
STAMPS = toolpaths.BUILD / "setup"
LOCK = ROOT / "scripts/requirements.lock"
GOZIP = ROOT / "scripts/gozip"
PYTHON_MIN = (3, 11)
GO_MIN = (1, 25)
JAVA_MIN = (toolpaths.jvm.JAVA_MIN,)
# npm itself runs on an older Node than the libraries do: where the registry has the pinned one, npm brings it.
NPM_NODE_MIN = (20,)
MISSING = 2
FAILED = 1
STATICCHECK = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


class SetupError(Exception):
    """A step failed; the message holds what its command printed."""


@dataclass(frozen=True)
class Tool:
    """A prerequisite: how to see that it is there, and what to say where it is not."""

    name: str
    command: tuple[str, ...]
    minimum: tuple[int, ...]
    advice: str


@dataclass(frozen=True)
class Step:
    """One piece of set-up: its inputs decide whether there is something to do."""

    name: str
    run: Callable[[], None]
    result: Path
    inputs: Sequence[Path] = ()
    facts: Sequence[str] = field(default=())

    @property
    def stamp(self) -> Path:
        """Give the file that remembers the inputs of the last success."""
        return STAMPS / f"{self.name.replace(' ', '-')}.stamp"

    def key(self) -> str:
        """Hash the inputs: file names, contents, and facts such as a tool's version."""
        digest = hashlib.sha256()
        for path in self.inputs:
            digest.update(path.name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
        for fact in self.facts:
            digest.update(fact.encode() + b"\0")
        return digest.hexdigest()

    def fresh(self) -> bool:
        """Say whether there is nothing to do."""
        return self.result.exists() and self.stamp.exists() and self.stamp.read_text() == self.key()


# --- prerequisites ------------------------------------------------------------------------------------------


def find_python() -> str | None:
    """Give an interpreter that is new enough: this one, else a newer one on the path."""
    if sys.version_info >= PYTHON_MIN:
        return sys.executable
    for minor in range(14, PYTHON_MIN[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and toolpaths.at_least([found, "--version"], PYTHON_MIN):
            return found
    return None


def node_minimum() -> tuple[int, ...]:
    """Give the oldest Node that will do on this platform."""
    linux = sys.platform == "linux" and os.uname().machine == "x86_64"
    return NPM_NODE_MIN if linux else (toolpaths.NODE_MIN,)


def tools_for(languages: Sequence[str], *, engine: bool) -> list[Tool]:
    """List the prerequisites of what was asked for, Python aside."""
    tools: list[Tool] = []
    if "go" in languages:
        advice = "install it from https://go.dev/dl/ or with your system's package manager"
        tools.append(Tool("Go", ("go", "version"), GO_MIN, advice))
    if "ts" in languages:
        advice = "install Node.js from https://nodejs.org/ or with a version manager; npm comes with it"
        tools.append(Tool("Node.js", ("node", "--version"), node_minimum(), advice))
        tools.append(Tool("npm", ("npm",), (), "it comes with Node.js; some systems package it separately as `npm`"))
    if engine:
        advice = "install a JDK, e.g. the package openjdk-17-jdk or Eclipse Temurin; DynamoDB Local runs on it"
        tools.append(Tool("JDK", (toolpaths.java() or "java", "-version"), JAVA_MIN, advice))
        advice = (
            "install it, e.g. the package maven; it brings DynamoDB Local. Or set DYNAMODB_ENDPOINT to a running one"
        )
        tools.append(Tool("Maven", ("mvn",), (), advice))
    return tools


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def problem_of(tool: Tool) -> str | None:
    """Say in a sentence what is wrong with a prerequisite; None where all is well."""
    wanted = f"{tool.name} {_dotted(tool.minimum)} or newer" if tool.minimum else tool.name
    if shutil.which(tool.command[0]) is None:
        return f"{wanted} is missing: {tool.advice}."
    if not tool.minimum:
        return None
    version = toolpaths.version_of(list(tool.command))
    if version is None:
        return f"{wanted} is missing (`{' '.join(tool.command)}` does not run): {tool.advice}."
    if version < tool.minimum:
        return f"{wanted} is needed, and this is {_dotted(version)}: {tool.advice}."
    return None


def problems(languages: Sequence[str], *, engine: bool) -> list[str]:
    """Say everything that is missing, all at once."""
    found: list[str] = []
    if find_python() is None:
        here = _dotted(tuple(sys.version_info[:3]))
        found.append(
            f"Python {_dotted(PYTHON_MIN)} or newer is needed, and this is {here}: install it from "
            "https://www.python.org/ or with your system's package manager."
        )
    return found + [text for text in map(problem_of, tools_for(languages, engine=engine)) if text]


# --- steps --------------------------------------------------------------------------------------------------


def run(command: Sequence[str | Path], cwd: Path = ROOT, **environment: str) -> None:
    """Run a command quietly; where it fails, show what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,  # a tool that asks a question fails instead of waiting for an answer
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"`{' '.join(words)}` ended with status {done.returncode}:\n{done.stdout.rstrip()}")


def bootstrap_lines(lock: str, package: str = "uv") -> str:
    """Cut one package with its hashes out of the lock, so that pip installs the very uv that is locked."""
    found = re.search(rf"^{re.escape(package)}==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SetupError(f"{LOCK.name} does not lock {package}")
    return found[0]


def install_python() -> None:
    """Make the environment: pip brings uv, and uv the rest in a quarter of pip's time."""
    python = find_python()
    if python is None:
        raise SetupError("no Python is new enough")
    run([python, "-m", "venv", "--clear", toolpaths.VENV])
    bootstrap = STAMPS / "bootstrap.txt"
    bootstrap.write_text(bootstrap_lines(LOCK.read_text()))
    run([toolpaths.venv_python(), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", bootstrap])
    sync_python()


def sync_python() -> None:
    """Bring the environment to what is locked, and put the conductor on its path."""
    uv = (toolpaths.venv_tool("uv"), "pip", "install", "--quiet")
    where = ("--python", toolpaths.venv_python())
    run([*uv, *where, "--require-hashes", "-r", LOCK], UV_PYTHON_DOWNLOADS="never")
    site = next(toolpaths.VENV.glob("lib/python*/site-packages"))
    (site / "dynamorm-conductor.pth").write_text(f"{ROOT / 'contract-tests/conductor'}\n")


def install_environment() -> None:
    """Make the environment, or bring an existing one up to date without taking it from those who use it."""
    if toolpaths.venv_tool("uv").exists() and _same_python():
        sync_python()
    else:
        install_python()


def _same_python() -> bool:
    python = find_python()
    ours = toolpaths.version_of([str(toolpaths.venv_python()), "--version"])
    return python is not None and ours is not None and ours == toolpaths.version_of([python, "--version"])


def install_library() -> None:
    """Install py/ editable; its dependencies are in the lock."""
    uv = (toolpaths.venv_tool("uv"), "pip", "install", "--quiet")
    where = ("--python", toolpaths.venv_python())
    run([*uv, *where, "--no-deps", "--no-build-isolation", "-e", "py"])


def install_npm() -> None:
    """Install exactly what ts/package-lock.json says."""
    run(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT / "ts")


def install_go() -> None:
    """Bring the modules that go.mod names, and those of the tool that packs ours."""
    run(["go", "mod", "download"])
    run(["go", "mod", "download"], cwd=GOZIP)
    STAMPS.joinpath("go-modules").touch()


def install_staticcheck() -> None:
    """Build staticcheck outside go.mod, so that users of the module never see it."""
    run(["go", "install", STATICCHECK], GOBIN=str(toolpaths.BIN), GOFLAGS="")


def install_actionlint() -> None:
    """Build actionlint, which reads the workflows, likewise."""
    run(["go", "install", ACTIONLINT], GOBIN=str(toolpaths.BIN), GOFLAGS="")


def install_engine() -> None:
    """Copy DynamoDB Local, its jars and its native library."""
    try:
        toolpaths.jvm.install(toolpaths.engine_home())
    except toolpaths.jvm.EngineError as error:
        raise SetupError(str(error)) from error


def install_browser() -> None:
    """Bring Chromium from the system's packages, where this is Debian or Ubuntu and we may."""
    if toolpaths.browser() is not None:
        return
    apt = shutil.which("apt-get")
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if apt is None or (sudo and shutil.which("sudo") is None):
        raise SetupError(
            "Chromium is missing, in which the parity page is tested: install it with your system's package manager, "
            "or set CHROMIUM to one. `make contract` does not need it."
        )
    run([*sudo, apt, "update", "--quiet"], DEBIAN_FRONTEND="noninteractive")
    run(
        [*sudo, apt, "install", "--quiet", "--yes", "--no-install-recommends", "chromium"],
        DEBIAN_FRONTEND="noninteractive",
    )


def steps_for(languages: Sequence[str], *, engine: bool, lint: bool, browser: bool = False) -> list[Step]:
    """List the steps of what was asked for; the conductor needs the Python environment for every language."""
    lock = (LOCK,)
    pyproject = ROOT / "py/pyproject.toml"
    here = str(ROOT)
    python = _dotted(tuple(sys.version_info[:3]))
    steps: list[Step] = []
    if languages:
        steps = [
            Step("python environment", install_environment, toolpaths.venv_tool("uv"), lock, (here, python)),
            Step("python library", install_library, toolpaths.venv_tool("uv"), (pyproject,), (here, python)),
        ]
    if "ts" in languages:
        inputs = [ROOT / "ts" / name for name in ("package-lock.json", ".npmrc")]
        steps.append(Step("npm packages", install_npm, ROOT / "ts/node_modules/.package-lock.json", inputs))
    if "go" in languages:
        inputs = [folder / name for folder in (ROOT, GOZIP) for name in ("go.mod", "go.sum")]
        steps.append(Step("go modules", install_go, STAMPS / "go-modules", inputs))
        if lint:
            steps.append(Step("staticcheck", install_staticcheck, toolpaths.BIN / "staticcheck", (), (STATICCHECK,)))
            steps.append(Step("actionlint", install_actionlint, toolpaths.BIN / "actionlint", (), (ACTIONLINT,)))
    if engine:
        steps.append(Step("dynamodb local", install_engine, toolpaths.engine_home(), (toolpaths.jvm.POM,)))
    if browser:
        steps.append(Step("browser", install_browser, Path(toolpaths.browser() or "no-browser-yet")))
    return steps


@contextlib.contextmanager
def exclusively() -> Generator[None]:
    """Let one set-up run at a time; a second one waits and then finds nothing to do."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    with (STAMPS / "lock").open("w") as handle:
        with contextlib.suppress(ImportError):  # a platform without flock has one user at a time
            import fcntl  # noqa: PLC0415 - see above

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def perform(steps: Sequence[Step]) -> int:
    """Do the steps that are not fresh, in order; give their number."""
    done = 0
    for step in steps:
        if step.fresh():
            continue
        print(f"set-up: {step.name} ...", flush=True)
        begin = time.monotonic()
        step.run()
        # The key is taken after the step: npm and Go may rewrite their own inputs.
        step.stamp.write_text(step.key())
        print(f"set-up: {step.name} done in {time.monotonic() - begin:.1f} s", flush=True)
        done += 1
    return done


def main(arguments: list[str] | None = None) -> int:
    """Check, then set up."""
    parser = argparse.ArgumentParser(description="check the prerequisites and set up what changed")
    parser.add_argument("--langs", default=",".join(LANGUAGES), help="languages, separated by commas (default: all)")
    parser.add_argument("--engine", action="store_true", help="DynamoDB Local too, unless DYNAMODB_ENDPOINT is set")
    parser.add_argument("--lint", action="store_true", help="the lint tools too")
    parser.add_argument("--browser", action="store_true", help="Chromium too, unless SKIP_INTEGRATION=1")
    options = parser.parse_args(arguments)
    languages = [name for name in options.langs.split(",") if name]
    if unknown := sorted(set(languages) - set(LANGUAGES)):
        parser.error(f"unknown language {', '.join(unknown)}; there are {', '.join(LANGUAGES)}")
    engine = options.engine and not os.environ.get("DYNAMODB_ENDPOINT")
    browser = options.browser and os.environ.get("SKIP_INTEGRATION") != "1"
    if missing := problems(languages, engine=engine):
        print(
            "\n".join(["set-up: something is missing on this machine.", *(f"  - {text}" for text in missing)]),
            file=sys.stderr,
        )
        return MISSING
    try:
        with exclusively():
            perform(steps_for(languages, engine=engine, lint=options.lint, browser=browser))
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
