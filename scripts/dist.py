"""The release's files: packages of the three libraries, specification, contract suite, parity matrix, SBOMs, sums.

    dist.py [--out DIR] [--dirty] [--twice] [--only wheel,npm]

They are made of a commit and not of the folder, so two clones of a commit give equal bytes. `--dirty` packs the
folder as it is; `--twice` builds again elsewhere, under another umask, and compares. What is in the folder
of an earlier run goes; a folder that holds anything else is refused.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

import sbom
import snapshot
import toolpaths
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from snapshot import Snapshot

OUT = toolpaths.BUILD / "dist"
SUMS = "SHA256SUMS"
# Two builders at a time, on two cores.
BUILDERS = 2
# What of package.json is for those who build the package and not for those who use it; notes (`//…`) too. Above all
# the Node among `optionalDependencies`, which npm would install with the library.
BUILD_ONLY = {"scripts", "devDependencies", "optionalDependencies", "overrides"}
# Tests of the suite itself, which need the repository.
NOT_OUTSIDE = ("contract-tests/conductor/tests", "contract-tests/conductor/browser", "contract-tests/OUTSIDE.md")
UMASKS = (0o022, 0o077)


class DistError(Exception):
    """Something could not be built; the message says what."""


@dataclass(frozen=True)
class Build:
    """A commit that is packed."""

    source: Snapshot

    @property
    def version(self) -> str:
        """Give the version of the libraries."""
        return self.versions["version"]

    @cached_property
    def versions(self) -> dict[str, str]:
        """Give the versions that stand in names of files."""
        return versions(self.source.tree)

    def run(self, command: Sequence[str | Path], cwd: str = ".") -> str:
        """Run a tool in the commit's tree, at the commit's time, and give what it prints."""
        words = [str(word) for word in command]
        done = subprocess.run(
            words,
            cwd=self.source.tree / cwd,
            env=_environment(self.source.epoch),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DistError(f"`{' '.join(words)}`:\n{(done.stdout + done.stderr).rstrip()}")
        return done.stdout


def versions(tree: Path) -> dict[str, str]:
    """Give the versions that a tree says, as names of files spell them: libraries', Python's, the specification's."""
    version, dms = ((tree / name).read_text(encoding="utf-8").strip() for name in ("VERSION", "spec/VERSION"))
    try:
        return {"version": version, "python": str(Version(version)), "dms": dms}
    except InvalidVersion as error:
        raise DistError(f"VERSION: `{version}` is no version") from error


def _environment(epoch: int) -> dict[str, str]:
    """Give the tools' environment: the pinned Node first, a fixed time, no caches beside the sources."""
    node, path = toolpaths.node(), os.environ.get("PATH", "")
    return {
        **os.environ,
        "PATH": f"{node.parent}{os.pathsep}{path}" if node else path,
        "SOURCE_DATE_EPOCH": str(epoch),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_COLOR": "1",
    }


# --- the artifacts ------------------------------------------------------------------------------------------


def python_package(target: str, build: Build, out: Path) -> None:
    """Build the wheel or the sdist; hatchling takes times from the environment and modes as they ought to be."""
    build.run([toolpaths.venv_python(), "-m", "hatchling", "build", "-t", target, "-d", out.parent], "py")
    if not out.exists():
        made = ", ".join(sorted(path.name for path in out.parent.iterdir()))
        raise DistError(f"py/ makes {made}, and VERSION says {out.name}: run `make generate`, `version.py check`")


def npm_package(build: Build, out: Path) -> None:
    """Compile ts/ and pack it, with a package.json that has only what users need."""
    ts = build.source.tree / "ts"
    modules = ROOT / "ts/node_modules"
    if not modules.is_dir():
        raise DistError("ts/node_modules is not there: run `make setup`")
    (ts / "node_modules").symlink_to(modules, target_is_directory=True)
    build.run(["node", "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], "ts")
    for path in (ts / "dist").rglob("*.*"):
        path.chmod(0o644)  # npm packs the mode that the umask left
    manifest = json.loads((ts / "package.json").read_text(encoding="utf-8"))
    (ts / "package.json").write_text(json.dumps(published(manifest), indent=2) + "\n", encoding="utf-8")
    build.run(["npm", "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", out.parent], "ts")
    if not out.exists():
        raise DistError(f"npm packs {manifest['name']} {manifest['version']}, and VERSION says {build.version}")


def published(manifest: dict[str, object]) -> dict[str, object]:
    """Give what of a package.json is for users."""
    return {name: value for name, value in manifest.items() if name not in BUILD_ONLY and not name.startswith("//")}


def go_module(build: Build, out: Path) -> None:
    """Make the zip that a module proxy makes of the tag, by the very code that the go command has."""
    tool, source = ROOT / "scripts/gozip", build.source
    build.run(
        ["go", "run", "-C", tool, ".", source.tree / "go.mod", source.clone, source.commit, f"v{build.version}", out]
    )


def specification(build: Build, out: Path) -> None:
    """Pack spec/."""
    tree = build.source.tree
    pack(out, {"LICENSE": tree / "LICENSE", **_files(tree, "spec")}, build.source.epoch)


def contract(build: Build, out: Path) -> None:
    """Pack the suite, its conductor and its runners, with a page for those outside."""
    tree = build.source.tree
    suite = {
        name: path
        for folder in ("spec", "contract-tests")
        for name, path in _files(tree, folder).items()
        if not name.startswith(NOT_OUTSIDE)
    }
    first = {
        "LICENSE": tree / "LICENSE",
        "README.md": tree / "contract-tests/OUTSIDE.md",
        "VERSION": tree / "VERSION",
    }
    pack(out, {**first, **suite}, build.source.epoch)


def parity_matrix(build: Build, out: Path) -> None:
    """Copy the matrix of the commit."""
    shutil.copyfile(build.source.tree / "docs/parity-matrix.md", out)


def bill(language: str, build: Build, out: Path) -> None:
    """Write the SBOM of one library."""
    inventory = sbom.MAKERS[language](build.source.tree, build.versions["python" if language == "py" else "version"])
    out.write_text(sbom.render(inventory, build.source.epoch), encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class Artifact:
    """A file of the release: its name, with the versions it is told, and what makes it."""

    name: str
    make: Callable[[Build, Path], None]


# The slow one first.
ARTIFACTS = {
    "npm": Artifact("dynamorm-ts-{version}.tgz", npm_package),
    "go": Artifact("dynamorm-go-v{version}.zip", go_module),
    "wheel": Artifact("dynamorm_py-{python}-py3-none-any.whl", partial(python_package, "wheel")),
    "sdist": Artifact("dynamorm_py-{python}.tar.gz", partial(python_package, "sdist")),
    "contract": Artifact("dynamorm-contract-{version}.tar.gz", contract),
    "spec": Artifact("dynamorm-spec-{dms}.tar.gz", specification),
    "parity": Artifact("parity-matrix-{version}.md", parity_matrix),
    "sbom-py": Artifact("dynamorm-py-{version}.cdx.json", partial(bill, "py")),
    "sbom-ts": Artifact("dynamorm-ts-{version}.cdx.json", partial(bill, "ts")),
    "sbom-go": Artifact("dynamorm-go-{version}.cdx.json", partial(bill, "go")),
}


def _files(tree: Path, folder: str) -> dict[str, Path]:
    """Give the files of a folder, by their names from the root."""
    paths = (path for path in (tree / folder).rglob("*") if path.is_file())
    return {path.relative_to(tree).as_posix(): path for path in paths}


def pack(out: Path, files: dict[str, Path], epoch: int) -> None:
    """Write a tar.gz whose bytes follow from names, contents, modes and time alone; all is in a folder of its name."""
    prefix = out.name.removesuffix(".tar.gz")
    with (
        out.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(files):
            member = tarfile.TarInfo(f"{prefix}/{name}")
            member.size = files[name].stat().st_size
            member.mtime = epoch
            member.mode = 0o755 if files[name].stat().st_mode & 0o100 else 0o644
            with files[name].open("rb") as content:
                tar.addfile(member, content)


# --- a run --------------------------------------------------------------------------------------------------


def build_all(repository: Path, folder: Path, names: Sequence[str], *, dirty: bool) -> list[Path]:
    """Build into `folder`/dist, and give the files, sums included."""
    build = Build(snapshot.take(repository, folder, dirty=dirty))
    tree, out = build.source.tree, folder / "dist"
    for house in ("py", "ts"):  # a package without the licence could not be handed on
        shutil.copy(tree / "LICENSE", tree / house / "LICENSE")  # with its mode, which npm packs
    out.mkdir()
    with ThreadPoolExecutor(BUILDERS) as pool:
        made = list(pool.map(partial(_build_one, build, out), names))
    sums = out / SUMS
    sums.write_text(sums_of(made), encoding="utf-8", newline="\n")
    return [*made, sums]


def _build_one(build: Build, out: Path, name: str) -> Path:
    """Build one file in a folder of its own, so that what a tool leaves there is not released."""
    artifact = ARTIFACTS[name]
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        path = Path(scratch) / artifact.name.format(**build.versions)
        artifact.make(build, path)
        path.chmod(0o644)
        return Path(shutil.move(path, out / path.name))


def sums_of(files: Sequence[Path]) -> str:
    """Give the lines that `sha256sum -c` reads, sorted by name."""
    ordered = sorted(files, key=lambda path: path.name)
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in ordered)


def differing(first: Sequence[Path], second: Sequence[Path]) -> Iterator[str]:
    """Name the files that two builds do not share byte by byte."""
    theirs = {path.name: path.read_bytes() for path in second}
    for path in first:
        if theirs.pop(path.name, None) != path.read_bytes():
            yield path.name
    yield from theirs


def place(files: Sequence[Path], out: Path) -> None:
    """Put the files into the folder, in which nothing else stays."""
    check_out(out)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for path in files:
        shutil.copyfile(path, out / path.name)


def check_out(out: Path) -> None:
    """Refuse a folder that was not made here: it is about to be emptied."""
    if out.exists() and not out.is_dir():
        raise DistError(f"{out} is no folder")
    if out.is_dir() and any(out.iterdir()) and not (out / SUMS).is_file():
        raise DistError(f"{out} holds other things than a release's files: name another folder, or empty it")


def build_twice(repository: Path, folder: Path, names: Sequence[str], *, dirty: bool) -> list[Path]:
    """Build in two folders under two umasks, and give the first's files; raises where the second's differ."""
    builds: list[list[Path]] = []
    for number, umask in enumerate(UMASKS):
        before = os.umask(umask)
        try:
            # Lengths of paths differ as well: they must not reach a file.
            place_of_build = folder / ("again" * number + "build")
            place_of_build.mkdir(mode=0o700)
            builds.append(build_all(repository, place_of_build, names, dirty=dirty))
        finally:
            os.umask(before)
    if different := list(differing(*builds)):
        raise DistError(f"two builds of one commit differ: {', '.join(different)}")
    return builds[0]


def main(arguments: list[str] | None = None, repository: Path = ROOT) -> int:
    """Build what was asked for."""
    parser = argparse.ArgumentParser(description="build the files of a release")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where they go (default: build/dist)")
    parser.add_argument("--dirty", action="store_true", help="pack the folder as it is, changes and all")
    parser.add_argument("--twice", action="store_true", help="build again, and fail where a byte differs")
    parser.add_argument("--only", metavar="NAMES", help=f"some of {', '.join(ARTIFACTS)}, by comma")
    options = parser.parse_args(arguments)
    names = options.only.split(",") if options.only else list(ARTIFACTS)
    if unknown := [name for name in names if name not in ARTIFACTS]:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(ARTIFACTS)}")
    try:
        check_out(options.out)
        with tempfile.TemporaryDirectory(prefix="dynamorm-dist-") as folder:
            work = build_twice if options.twice else build_all
            files = work(repository, Path(folder), names, dirty=options.dirty)
            place(files, options.out)
    except (DistError, snapshot.SnapshotError, sbom.SbomError, OSError) as error:
        print(f"dist: {error}", file=sys.stderr)
        return 1
    for path in files:
        print(f"{(options.out / path.name).stat().st_size:>10,}  {options.out / path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
