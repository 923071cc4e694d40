"""What each library needs at run time, as CycloneDX says it: packages, versions, licences, hashes, who needs whom.

Versions are those that this repository locks and tests with. Nothing is asked of a registry: Python's come from the
lock and the metadata of the installed packages, TypeScript's from its lock file, Go's from the go command and go.sum.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tomllib
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.spdx import is_expression, is_supported_id
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

LICENCE = "Apache-2.0"
# Markers are read for one environment, so that every machine gives the same list: the oldest Python, which needs most.
ENVIRONMENT = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.0",
    "python_version": "3.11",
    "sys_platform": "linux",
}
# The one extra that the library itself imports; the others are for tests, clusters and runners.
EXTRAS = ("crypto",)
# A licence's classifier, where a package has no expression.
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
}
GO_PACKAGES = "./dynamorm/..."


class SbomError(Exception):
    """A list cannot be made; the message says why."""


@dataclass(frozen=True)
class Package:
    """A package at its version; `needs` are keys of others."""

    kind: str
    name: str
    version: str
    licence: str | None = None
    hashes: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    optional: bool = False

    @property
    def purl(self) -> str:
        """Name it as all ecosystems do."""
        namespace, _, name = self.name.rpartition("/")
        return PackageURL(type=self.kind, namespace=namespace or None, name=name, version=self.version).to_string()


@dataclass
class Inventory:
    """A library and what it needs, by keys of an ecosystem's own."""

    library: Package
    packages: dict[str, Package] = field(default_factory=dict[str, Package])


# --- Python -------------------------------------------------------------------------------------------------


def python(tree: Path, version: str) -> Inventory:
    """Follow the requirements of py/ through the metadata of what set-up installed from the lock."""
    project = tomllib.loads((tree / "py/pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = _python_lock((tree / "scripts/requirements.lock").read_text(encoding="utf-8"))
    needed = _applying(project["dependencies"], frozenset())
    optional = [one for name in EXTRAS for one in _applying(project["optional-dependencies"][name], frozenset())]
    found: dict[str, Package] = {}
    for requirements, is_optional in ((needed, False), (optional, True)):
        for requirement in requirements:
            _follow_python(requirement, locked, found, optional=is_optional)
    needs = tuple(sorted({canonicalize_name(one.name) for one in [*needed, *optional]}))
    return Inventory(Package("pypi", project["name"], version, LICENCE, needs=needs), found)


def _follow_python(
    requirement: Requirement,
    locked: Mapping[str, tuple[str, tuple[str, ...]]],
    found: dict[str, Package],
    *,
    optional: bool,
) -> None:
    name = canonicalize_name(requirement.name)
    if name in found:
        return
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError as error:
        raise SbomError(f"{name} is not installed: run `make setup`") from error
    version, hashes = locked.get(name, ("none", ()))
    if told["Version"] != version:
        raise SbomError(f"{name} {told['Version']} is installed and {version} locked: run `make setup`")
    further = _applying(told.get_all("Requires-Dist") or [], frozenset(requirement.extras))
    needs = tuple(sorted({canonicalize_name(one.name) for one in further}))
    sums = tuple(("SHA-256", one) for one in hashes)
    found[name] = Package("pypi", name, version, _python_licence(told), sums, needs, optional)
    for one in further:
        _follow_python(one, locked, found, optional=optional)


def _applying(requirements: Iterable[str], extras: frozenset[str]) -> list[Requirement]:
    """Give the requirements whose markers hold."""
    read = [Requirement(text) for text in requirements]
    return [
        one
        for one in read
        if one.marker is None or any(one.marker.evaluate({**ENVIRONMENT, "extra": name}) for name in extras or {""})
    ]


def _python_licence(told: metadata.PackageMetadata) -> str | None:
    """Give the licence's expression; older packages have a classifier, or a short name."""
    classified = [CLASSIFIERS[one] for one in told.get_all("Classifier") or [] if one in CLASSIFIERS]
    named = [*(told.get_all("License-Expression") or []), *classified, *(told.get_all("License") or [])]
    return named[0] if named else None


def _python_lock(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Give version and hashes of each package of a requirements file."""
    blocks = re.finditer(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)((?:.*\\\n)+.*)$", text, re.MULTILINE)
    return {
        canonicalize_name(block[1]): (block[2], tuple(sorted(re.findall(r"sha256:([0-9a-f]{64})", block[3]))))
        for block in blocks
    }


# --- TypeScript ---------------------------------------------------------------------------------------------


def typescript(tree: Path, version: str) -> Inventory:
    """Follow dependencies and peers through ts/package-lock.json, as Node finds them in the folders it names."""
    text = (tree / "ts/package-lock.json").read_text(encoding="utf-8")
    lock: dict[str, dict[str, Any]] = json.loads(text)["packages"]
    library = lock[""]
    optional_peers = {name for name, told in library["peerDependenciesMeta"].items() if told.get("optional")}
    direct = {**library["dependencies"], **library["peerDependencies"]}
    found: dict[str, Package] = {}
    for name in sorted(direct, key=lambda one: (one in optional_peers, one)):
        _follow_npm(_npm_place(lock, "", name), lock, found, optional=name in optional_peers)
    needs = tuple(_npm_place(lock, "", name) for name in sorted(direct))
    return Inventory(Package("npm", library["name"], version, LICENCE, needs=needs), found)


def _follow_npm(place: str, lock: Mapping[str, Any], found: dict[str, Package], *, optional: bool) -> None:
    if place in found:
        return
    told = lock[place]
    needs = tuple(_npm_place(lock, place, name) for name in sorted(told.get("dependencies", {})))
    name = place.rpartition("node_modules/")[2]
    hashes = tuple(_npm_hash(one) for one in told["integrity"].split())
    found[place] = Package("npm", name, told["version"], told.get("license"), hashes, needs, optional)
    for one in needs:
        _follow_npm(one, lock, found, optional=optional)


def _npm_place(lock: Mapping[str, Any], place: str, name: str) -> str:
    """Find the folder of a package, seen from another: its own node_modules, or those of the folders around it."""
    while True:
        candidate = f"{place}/node_modules/{name}".lstrip("/")
        if candidate in lock:
            return candidate
        if not place:
            raise SbomError(f"ts/package-lock.json does not lock {name}")
        place = place.rpartition("node_modules/")[0].rstrip("/")


def _npm_hash(integrity: str) -> tuple[str, str]:
    algorithm, _, text = integrity.partition("-")
    return f"SHA-{algorithm.removeprefix('sha')}", base64.b64decode(text).hex()


# --- Go -----------------------------------------------------------------------------------------------------


def go(tree: Path, version: str) -> Inventory:
    """Take the modules whose packages the library's packages import, tests aside."""
    sums = dict(re.findall(r"^(\S+ \S+) h1:(\S+)$", (tree / "go.sum").read_text(encoding="utf-8"), re.MULTILINE))
    packages = list(_go_packages(tree))
    module_of = {one["ImportPath"]: one["Module"]["Path"] for one in packages}
    modules = {one["Module"]["Path"]: one["Module"] for one in packages}
    needs: defaultdict[str, set[str]] = defaultdict(set)
    for one in packages:
        own = module_of[one["ImportPath"]]
        needs[own] |= {module_of[name] for name in one.get("Imports", ()) if name in module_of} - {own}
    (main,) = (path for path, told in modules.items() if told.get("Main"))
    found = {
        path: Package("golang", path, told["Version"], None, (_go_hash(path, told, sums),), tuple(sorted(needs[path])))
        for path, told in modules.items()
        if path != main
    }
    return Inventory(Package("golang", main, f"v{version}", LICENCE, needs=tuple(sorted(needs[main]))), found)


def _go_packages(tree: Path) -> Iterator[dict[str, Any]]:
    """Give the packages of modules that the library is made of."""
    command = ["go", "list", "-deps", "-json=ImportPath,Imports,Module", GO_PACKAGES]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SbomError(f"`{' '.join(command)}`: {done.stderr.strip()}")
    text, decoder = done.stdout.lstrip(), json.JSONDecoder()
    while text:
        told, end = decoder.raw_decode(text)
        if "Module" in told:  # the standard library has none
            yield told
        text = text[end:].lstrip()


def _go_hash(path: str, told: Mapping[str, Any], sums: Mapping[str, str]) -> tuple[str, str]:
    """Give go.sum's hash of a module's files, in the form that CycloneDX's own tool for Go gives it."""
    try:
        return "SHA-256", base64.b64decode(sums[f"{path} {told['Version']}"]).hex()
    except KeyError as error:
        raise SbomError(f"go.sum does not name {path} {told['Version']}") from error


MAKERS: dict[str, Callable[[Path, str], Inventory]] = {"py": python, "ts": typescript, "go": go}


# --- the document -------------------------------------------------------------------------------------------


def render(inventory: Inventory, epoch: int) -> str:
    """Write the list; equal inventories give equal texts. Raises SbomError where it is not as the schema wants it."""
    # Two folders of node_modules may hold one package: an entry, that needs what both need, and is required if one is.
    packages = sorted(inventory.packages.values(), key=lambda package: (package.purl, not package.optional))
    listed = {package.purl: package for package in packages}
    library = inventory.library
    needs: dict[str, set[str]] = {}
    for package in (library, *packages):
        needs.setdefault(package.purl, set()).update(inventory.packages[key].purl for key in package.needs)
    names = "\n".join([str(epoch), *needs])
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, names).urn,
        "version": 1,
        "metadata": {"timestamp": datetime.fromtimestamp(epoch, UTC).isoformat(), "component": _component(library)},
        "components": [_component(package) for package in listed.values()],
        "dependencies": [{"ref": purl, "dependsOn": sorted(keys)} for purl, keys in needs.items()],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if found := check(text):
        raise SbomError(f"the SBOM of {library.name} is not as CycloneDX wants it: {found}")
    return text


def check(text: str) -> str | None:
    """Say what is wrong with a list, by the schema of CycloneDX 1.6."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if found is None else str(found)


def _component(package: Package) -> dict[str, object]:
    hashes = [{"alg": algorithm, "content": content} for algorithm, content in package.hashes]
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "scope": "optional" if package.optional else "required",
        "purl": package.purl,
        **({"licenses": [_licence(package.licence)]} if package.licence else {}),
        **({"hashes": hashes} if hashes else {}),
    }


def _licence(told: str) -> dict[str, object]:
    """Give a licence as SPDX knows it, else by the name that the package gives."""
    if is_supported_id(told):
        return {"license": {"id": told}}
    return {"expression": told} if is_expression(told) else {"license": {"name": told}}
