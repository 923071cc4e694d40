"""The libraries as their users get them: each from its file, into an empty environment of its own.

What else they need comes from the tools' caches where it is there, else from the registries, at the versions
that this repository locks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import budgets
import toolpaths
from budgets import Program
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOCK = ROOT / "scripts/requirements.lock"
SDK = "@aws-sdk/client-dynamodb"
SECONDS = 300
MODULE = "github.com/dynamorm/dynamorm"
# A Go program is over in milliseconds: many of them are timed at once.
GO_RUNS = 20
# Nobody's: no request of a program that is timed leaves the machine.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "verifydist", "AWS_SECRET_ACCESS_KEY": "verifydist"}
TSCONFIG = {
    "compilerOptions": {
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "module": "nodenext",
        "target": "es2023",
        "types": ["node"],
        "outDir": "out",
        "rootDir": ".",
    },
}
PY_BARE = "import boto3\nboto3.client('dynamodb', region_name='us-east-1')"
PY_FULL = "import boto3\nimport dynamorm\ndynamorm.Client(boto3.client('dynamodb', region_name='us-east-1'))"
TS_BARE = f'import {{ DynamoDBClient }} from "{SDK}"; const dynamodb = new DynamoDBClient({{ region: "us-east-1" }});'
TS_FULL = f'{TS_BARE} import {{ Client }} from "dynamorm-ts"; new Client({{ dynamodb }});'
GO_BARE = """package main

import "github.com/aws/aws-sdk-go-v2/service/dynamodb"

func main() {
	_ = dynamodb.New(dynamodb.Options{Region: "us-east-1"})
}
"""
GO_FULL = f"""package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"{MODULE}/dynamorm"
)

func main() {{
	_ = dynamorm.NewClient(dynamodb.New(dynamodb.Options{{Region: "us-east-1"}}))
}}
"""
GO_VERSION = f"""package main

import (
	"fmt"

	"{MODULE}/dynamorm"
)

func main() {{
	fmt.Println(dynamorm.Version)
}}
"""


class VerifyError(Exception):
    """A file is not what it should be; the message says how."""


def run(command: Sequence[str | Path], cwd: Path, **environment: str) -> str:
    """Run a program as a user does, outside the repository's environment; give what it prints."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=plain_environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VerifyError(f"`{' '.join(words)}` does not run: {error}") from error
    if done.returncode != 0:
        told = (done.stdout + done.stderr).rstrip()
        raise VerifyError(f"`{' '.join(words)}` ended with status {done.returncode}:\n{told}")
    return done.stdout


def plain_environment(**more: str) -> dict[str, str]:
    """Give an environment without this repository's Python and without anybody's AWS configuration."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and name not in {"PYTHONPATH", "VIRTUAL_ENV", "GOFLAGS"}
    }
    node = toolpaths.node()
    path = os.environ.get("PATH", "")
    return {
        **kept,
        **CREDENTIALS,
        "PATH": f"{node.parent}{os.pathsep}{path}" if node else path,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_COLOR": "1",
        **more,
    }


# --- Python -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PythonPlace:
    """A virtual environment that holds the wheel and what it requires."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, wheel: Path, extra: str = "") -> PythonPlace:
        """Install the wheel."""
        folder.mkdir(parents=True)
        uv = toolpaths.venv_tool("uv")
        run([uv, "venv", "--quiet", "--python", toolpaths.venv_python(), "env"], folder)
        where = ("--python", "env/bin/python", "-c", LOCK)
        try:  # what the lock brought is in uv's cache, most often
            run([uv, "pip", "install", "--quiet", "--offline", *where, f"{wheel}{extra}"], folder)
        except VerifyError:
            run([uv, "pip", "install", "--quiet", *where, f"{wheel}{extra}"], folder)
        return cls(folder)

    @property
    def python(self) -> Path:
        """Give its interpreter."""
        return self.folder / "env/bin/python"

    @property
    def command(self) -> Path:
        """Give the command that came with the wheel."""
        return self.folder / "env/bin/dynamorm"

    def start_up(self) -> float:
        """Give the cost of the library at the start of a process."""
        full, bare = (
            Program([str(self.python), "-c", code], self.folder, plain_environment()) for code in (PY_FULL, PY_BARE)
        )
        return budgets.ratio(full, bare)


# --- TypeScript ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NodePlace:
    """An npm project that has the tarball, the peers it needs, and TypeScript."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, tarball: Path) -> NodePlace:
        """Install the tarball."""
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
        (folder / "tsconfig.json").write_text(json.dumps(TSCONFIG))
        place = cls(folder)
        place.add(str(tarball), *map(locked_npm, (SDK, "typescript", "@types/node")))
        return place

    def add(self, *packages: str) -> None:
        """Install packages."""
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error")
        run(["npm", "install", *quiet, *packages], self.folder)

    @property
    def package(self) -> Path:
        """Give the folder of the installed package."""
        return self.folder / "node_modules/dynamorm-ts"

    def compile(self, **files: str) -> None:
        """Check files by strict rules, the declarations of all packages too, and write their JavaScript."""
        for name, text in files.items():
            (self.folder / f"{name}.ts").write_text(text, encoding="utf-8")
        run(["node", "node_modules/typescript/bin/tsc"], self.folder)

    def start_up(self) -> float:
        """Give the cost of the library at the start of a process."""
        environment = plain_environment()
        full, bare = (
            Program(["node", "--input-type=module", "-e", code], self.folder, environment)
            for code in (TS_FULL, TS_BARE)
        )
        return budgets.ratio(full, bare)

    def bundle(self, entry: str) -> bytes:
        """Bundle an entry of the package, minified, with the SDK outside."""
        manifest = json.loads((self.package / "package.json").read_text(encoding="utf-8"))
        source = self.package / manifest["exports"][entry]["default"]
        out = self.folder / "bundle.js"
        bundler = ROOT / "ts/node_modules/rolldown/bin/cli.mjs"
        outside = [word for name in manifest["peerDependencies"] for word in ("--external", name)]
        options = ("--minify", "--format", "esm", "--platform", "node", "--file", out)
        run(["node", bundler, source, *options, *outside], self.folder)
        return out.read_bytes()


def locked_npm(name: str) -> str:
    """Give a package at the version that ts/ locks."""
    lock = json.loads((ROOT / "ts/package-lock.json").read_text(encoding="utf-8"))["packages"]
    return f"{name}@{lock[f'node_modules/{name}']['version']}"


# --- Go -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GoPlace:
    """A Go module that takes the library from the unpacked zip."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, archive: Path, version: str, example: str) -> GoPlace:
        """Unpack the zip, and build a module with the example and what else is asked of the library."""
        folder.mkdir(parents=True)
        prefix = f"{MODULE}@v{version}/"
        with zipfile.ZipFile(archive) as zipped:
            if outside := [name for name in zipped.namelist() if not name.startswith(prefix)]:
                raise VerifyError(f"{archive.name} has files that are not under {prefix}: {', '.join(outside[:3])}")
            zipped.extractall(folder / "unpacked")
        module = folder / "module"
        for name, text in {"example": example, "version": GO_VERSION, "bare": GO_BARE, "full": GO_FULL}.items():
            (module / name).mkdir(parents=True)
            (module / name / "main.go").write_text(text, encoding="utf-8")
        run(["go", "mod", "init", "example.com/verify"], module)
        run(["go", "mod", "edit", f"-require={MODULE}@v{version}"], module)
        run(["go", "mod", "edit", f"-replace={MODULE}={folder / 'unpacked' / prefix}"], module)
        shutil.copyfile(ROOT / "go.sum", module / "go.sum")  # so that the SDK is the one that is locked
        run(["go", "mod", "tidy"], module)
        run(["go", "build", "-o", f"{folder / 'bin'}{os.sep}", "./..."], module)
        return cls(folder)

    def program(self, name: str) -> Path:
        """Give one of the programs."""
        return self.folder / "bin" / name

    def start_up(self) -> float:
        """Give the cost of the library at the start of a process."""
        full, bare = (
            Program([str(self.program(name))], self.folder, plain_environment(), GO_RUNS) for name in ("full", "bare")
        )
        return budgets.ratio(full, bare)
