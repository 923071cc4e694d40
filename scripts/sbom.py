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

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
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

    def purl(self) -> PackageURL:
        """Name it as all ecosystems do."""
        namespace, _, name = self.name.rpartition("/")
        return PackageURL(type=self.kind, namespace=namespace or None, name=name, version=self.version)


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
    if expression := told.get("License-Expression"):
        return expression
    by_class = (CLASSIFIERS[one] for one in told.get_all("Classifier") or [] if one in CLASSIFIERS)
    return next(by_class, told.get("License"))


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
    lock: dict[str, dict[str, Any]] = json.loads((tree / "ts/package-lock.json").read_text(encoding="utf-8"))["packages"]
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
    """Write the list; equal inventories give equal texts."""
    bom = Bom()
    root = _component(inventory.library)
    bom.metadata.component = root
    bom.metadata.timestamp = datetime.fromtimestamp(epoch, UTC)
    components = {key: _component(package) for key, package in inventory.packages.items()}
    for key, component in components.items():
        bom.components.add(component)
        bom.register_dependency(component, [components[one] for one in inventory.packages[key].needs])
    bom.register_dependency(root, [components[one] for one in inventory.library.needs])
    names = "\n".join([str(root.purl), str(epoch), *sorted(str(one.purl) for one in bom.components)])
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, names)
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _component(package: Package) -> Component:
    purl = package.purl()
    licences = () if package.licence is None else (LicenseFactory().make_from_string(package.licence),)
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        bom_ref=purl.to_string(),
        purl=purl,
        scope=ComponentScope.OPTIONAL if package.optional else ComponentScope.REQUIRED,
        hashes=[HashType(alg=HashAlgorithm(name), content=text) for name, text in package.hashes],
        licenses=licences,
    )
