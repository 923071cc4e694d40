"""`make generate`: write what is derived from spec/, or with --check say what is stale.

This driver knows the spec's data files and the tree; what each language wants to read is known by the
modules in scripts/generators/ (their `__init__` has the interface), and how requirements are indexed by
scripts/requirements_index.py.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any, Protocol, cast

import yaml

import requirements_index
from generators import Capability, ErrorCode, ErrorKind, Limit, Reason, Spec

ROOT = Path(__file__).resolve().parent.parent

LANGUAGES = ("py", "ts", "go")


class Generator(Protocol):
    """A language's module in scripts/generators/."""

    def emit(self, spec: Spec) -> dict[str, str]:
        """Give each generated file's text, by its path from the root."""
        ...


def _yaml(path: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(path.read_text(encoding="utf-8")))


def _error_code(entry: dict[str, Any]) -> ErrorCode:
    kinds = tuple(ErrorKind(kind["kind"], kind["summary"]) for kind in entry.get("kinds", ()))
    return ErrorCode(
        code=entry["code"],
        summary=entry["summary"],
        origin=entry["origin"],
        retryable=entry["retryable"],
        aws=tuple(entry["aws"]),
        kinds=kinds,
    )


def load_spec(root: Path) -> Spec:
    """Read the data files of spec/ and the two files VERSION."""
    errors = _yaml(root / "spec/errors.yaml")
    limits = _yaml(root / "spec/limits.yaml")["limits"]
    capabilities = _yaml(root / "spec/capabilities.yaml")["capabilities"]
    words = (root / "spec/reserved-words.txt").read_text(encoding="utf-8").split()
    return Spec(
        version=(root / "VERSION").read_text(encoding="utf-8").strip(),
        dms=(root / "spec/VERSION").read_text(encoding="utf-8").strip(),
        errors=tuple(_error_code(entry) for entry in errors["codes"]),
        retryable_aws=dict(errors.get("retryable_aws", {})),
        reasons=tuple(
            Reason(name, entry["code"], entry.get("kind")) for name, entry in errors.get("reasons", {}).items()
        ),
        kms={name: entry["retryable"] for name, entry in errors.get("kms", {}).items()},
        limits=tuple(Limit(entry["name"], entry["value"], entry["why"]) for entry in limits),
        capabilities=tuple(
            Capability(entry["name"], entry["tier"], entry.get("mandatory_since"), entry["summary"])
            for entry in capabilities
        ),
        reserved_words=tuple(words),
    )


def load_generators(root: Path) -> dict[str, Generator]:
    """Import each language's generator that is there."""
    found: dict[str, Generator] = {}
    for language in LANGUAGES:
        if (root / "scripts/generators" / f"{language}.py").exists():
            found[language] = cast("Generator", importlib.import_module(f"generators.{language}"))
    return found


def render(root: Path) -> dict[str, str]:
    """Give every generated file of the repository; two generators must not claim one path."""
    files = {"spec/requirements.json": requirements_index.render(root / "spec")}
    spec = load_spec(root)
    for language, generator in load_generators(root).items():
        for path, text in generator.emit(spec).items():
            if path in files:
                message = f"the {language} generator writes {path}, which another one writes already"
                raise ValueError(message)
            files[path] = text
    return files


def stale(root: Path, files: dict[str, str]) -> list[str]:
    """List the files whose text in the tree is not the generated one."""
    return [path for path, text in sorted(files.items()) if _current(root / path) != text]


def _current(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.exists() else None


def write(root: Path, files: dict[str, str]) -> list[str]:
    """Write the stale files only, so that an unchanged file keeps its time stamp."""
    changed = stale(root, files)
    for path in changed:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files[path].encode("utf-8"))
    return changed


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Generate, or check."""
    parser = argparse.ArgumentParser(description="write the generated files, or check them")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    options = parser.parse_args(arguments)
    try:
        files = render(root)
    except (requirements_index.SpecError, ValueError) as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    if not options.check:
        for path in write(root, files):
            print(f"wrote {path}")
        return 0
    changed = stale(root, files)
    for path in changed:
        print(f"stale: {path} (run `make generate`)", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
