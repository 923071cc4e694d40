"""The specification compared with the one released last: whether its version fits the difference.

    spec_diff.py        tell every difference; exit 1 where spec/VERSION does not fit them
    spec_diff.py keep   write spec/released.json, as a release does

spec/released.json holds what a version of DMS promises: requirements, codes, capabilities, limits, the schema of
documents, and the corpus of documents with what each was read as. It is written by a release and by nothing else, so
before the first one there is none, and this check says so. What is breaking, and what a difference needs, stands in
spec/CHANGELOG.md. How schemas are compared is known by schema_diff.py, how documents are by the library's `dms diff`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from typing import TYPE_CHECKING, Any, cast

import yaml

import requirements_index
import schema_diff
import version
from schema_diff import Difference
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

RELEASED = "spec/released.json"
CLARIFIED = "spec/clarified.yaml"
CORPUS = "contract-tests/dms/valid"
CANONICAL = ".canonical.json"
NOTE = "Written by `scripts/spec_diff.py keep` as a part of a release; DO NOT EDIT."
SHA_DIGITS = 12
NOT_YET = "Not released yet."

Facts = dict[str, dict[str, dict[str, Any]]]
"""Kind of fact, then name, then its members: what a version of DMS promises."""


class SpecDiffError(Exception):
    """Something cannot be compared; the message has one sentence per line."""


# --- what is promised ---------------------------------------------------------------------------------------


def _yaml(path: Path) -> Any:  # noqa: ANN401 - any YAML value
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SpecDiffError(f"{path.name}: cannot be read: {error}") from error


def facts_of(root: Path) -> Facts:
    """Read the promises that have names."""
    errors = cast("dict[str, Any]", _yaml(root / "spec/errors.yaml"))
    capabilities = _yaml(root / "spec/capabilities.yaml")["capabilities"]
    apart: dict[str, bool] = errors.get("retryable_aws", {})
    codes: list[dict[str, Any]] = errors["codes"]
    return {
        "requirement": {
            one.id: {"level": one.level, "tier": one.tier, "sentence": one.sha[:SHA_DIGITS]}
            for one in requirements_index.read(root / "spec")
        },
        "error code": {one["code"]: {"origin": one["origin"], "retryable": one["retryable"]} for one in codes},
        "error kind": {f"{one['code']}.{kind['kind']}": {} for one in codes for kind in one.get("kinds", ())},
        "AWS error type": {
            name: {"code": one["code"], "retryable": apart.get(name, one["retryable"])}
            for one in codes
            for name in one["aws"]
        },
        "reason": errors.get("reasons", {}),
        "KMS error type": errors.get("kms", {}),
        "capability": {
            one["name"]: {"tier": one["tier"], "mandatory_since": one.get("mandatory_since")} for one in capabilities
        },
        "limit": {one["name"]: {"value": one["value"]} for one in _yaml(root / "spec/limits.yaml")["limits"]},
    }


def schema_of(root: Path) -> schema_diff.Schema:
    """Read the schema of documents."""
    path = root / f"spec/schemas/dms-{version.current(root).dms}.schema.json"
    try:
        return cast("schema_diff.Schema", json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise SpecDiffError(f"{path.name}: cannot be read: {error}") from error


def documents_of(root: Path) -> dict[str, dict[str, str]]:
    """Read the corpus: of each document the hash of its text, and the canonical JSON that stands beside it."""
    found: dict[str, dict[str, str]] = {}
    for beside in sorted((root / CORPUS).glob(f"*{CANONICAL}")):
        for path in sorted(beside.parent.glob(beside.name.removesuffix(CANONICAL) + ".[yj]*")):
            text = hashlib.sha256(path.read_bytes()).hexdigest()[:SHA_DIGITS]
            found[path.name] = {"sha": text, "canonical": beside.read_text(encoding="utf-8").rstrip("\n")}
    if not found:
        raise SpecDiffError(f"{CORPUS}: there is no document")
    return found


# --- what differs -------------------------------------------------------------------------------------------


def _fact_differences(old: Facts, new: Facts) -> Iterator[Difference]:
    for kind in sorted({*old, *new}):
        before, after = old.get(kind, {}), new.get(kind, {})
        for name in sorted({*before, *after}):
            place = f"{kind} {name}"
            if name not in after:
                yield Difference(breaking=True, place=place, what="went")
            elif name not in before:
                yield Difference(breaking=False, place=place, what="is new")
            else:
                yield from _member_differences(before[name], after[name], place)


def _member_differences(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    for member in sorted({*old, *new}):
        before, after = old.get(member), new.get(member)
        if before != after:
            # What was said by nobody before, such as the finer kind of a reason, contradicts nothing.
            fine = before is None or (place.startswith("limit ") and _widened(place, before, after))
            yield Difference(not fine, place, f"{member} {_short(before)} -> {_short(after)}")


def _widened(place: str, old: Any, new: Any) -> bool:  # noqa: ANN401 - numbers, or nothing
    """Say whether a limit allows more: a maximum that grew, a minimum that fell."""
    if not isinstance(old, int) or not isinstance(new, int):
        return False
    bound = re.search(r"_(min|max)(?=_|$)", place)
    return bound is not None and (new < old if bound[1] == "min" else new > old)


def _short(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return "none" if value is None else str(value)


def document_differences(root: Path, old: dict[str, dict[str, str]]) -> Iterator[Difference]:
    """Compare what each released document was read as with what it is read as now."""
    from dynamorm.documents.compare import diff_dms  # noqa: PLC0415 - before a release there is nothing to compare
    from dynamorm.errors import InvalidModelError  # noqa: PLC0415 - as above

    for name, kept in sorted(old.items()):
        path = root / CORPUS / name
        place = f"document {name}"
        if not path.exists():
            yield Difference(breaking=True, place=place, what="went")
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest()[:SHA_DIGITS] != kept["sha"]:
            yield Difference(breaking=True, place=place, what="was rewritten")
        try:
            changes = diff_dms(kept["canonical"], path.read_bytes().decode("utf-8"))
        except (InvalidModelError, UnicodeDecodeError) as error:
            yield Difference(breaking=True, place=place, what=f"does not load: {error}")
            continue
        for change in changes:
            yield Difference(change.breaking, place, f"{change.rule} at {change.path}, though it says the same")


def _clarified(root: Path) -> dict[str, str]:
    """Read the sentences that were put into better words: ID and hash of the new text."""
    path = root / CLARIFIED
    entries: Any = _yaml(path) if path.exists() else []
    rows = cast("list[object]", entries) if isinstance(entries, list) else [entries]
    found: dict[str, str] = {}
    for one in rows:
        match one:
            case {"id": str(name), "sha": str(sha), "why": str(why)} if why.strip():
                found[name] = sha
            case _:
                raise SpecDiffError(f"{CLARIFIED}: found `{one}`, expected a list of `id`, `sha` and `why`, all texts")
    return found


def _without_clarified(differences: list[Difference], clarified: dict[str, str]) -> list[Difference]:
    """Leave out the changed sentences that mean what they meant; refuse an entry that is about no change."""
    excused = {
        one: name
        for one in differences
        for name, sha in clarified.items()
        if one.place == f"requirement {name}" and re.fullmatch(rf"sentence \w+ -> {re.escape(sha)}", one.what)
    }
    if stale := sorted(set(clarified) - set(excused.values())):
        raise SpecDiffError(f"{CLARIFIED}: {', '.join(stale)} did not change to the sentence of this hash")
    return [one for one in differences if one not in excused]


def differences(root: Path, released: dict[str, Any]) -> list[Difference]:
    """Tell every difference to what was released, breaking ones first."""
    found = [
        *_without_clarified(list(_fact_differences(released["facts"], facts_of(root))), _clarified(root)),
        *schema_diff.compare(_unversioned(released["schema"]), _unversioned(schema_of(root))),
        *document_differences(root, released["documents"]),
    ]
    return sorted(found, key=lambda one: not one.breaking)


def _unversioned(schema: schema_diff.Schema) -> schema_diff.Schema:
    """Leave out which versions of documents a schema takes: that follows from spec/VERSION, which is judged itself."""
    members = {name: value for name, value in schema["properties"].items() if name != "dms_version"}
    return {**schema, "properties": {**members, "dms_version": {}}}


# --- what it needs ------------------------------------------------------------------------------------------


def needed(released: str, found: Sequence[Difference]) -> str:
    """Give the lowest version of DMS that fits the differences."""
    major, minor = map(int, released.split("."))
    if any(one.breaking for one in found):
        return f"{major + 1}.0"
    return f"{major}.{minor + 1}" if found else released


def _verdict(now: str, before: str, found: Sequence[Difference]) -> tuple[bool, str]:
    least = needed(before, found)
    fits = [int(part) for part in now.split(".")] >= [int(part) for part in least.split(".")]
    breaking = sum(one.breaking for one in found)
    told = (
        f"differences to DMS {before}: {len(found)}, breaking: {breaking}"
        if found
        else f"no difference to DMS {before}"
    )
    return fits, f"{told}; spec/VERSION says {now}" + ("" if fits else f", expected at least {least}")


def check(root: Path) -> tuple[bool, list[str]]:
    """Give whether the version fits, and the lines that tell it."""
    path = root / RELEASED
    if not path.exists():
        if done := _release_of(root):
            raise SpecDiffError(f"{RELEASED}: missing, though CHANGELOG.md has the release {done}, which wrote it")
        return True, [f"{RELEASED}: nothing of DMS is released yet, so there is nothing to compare with"]
    try:
        released = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
        found = differences(root, released)
        fits, line = _verdict(version.current(root).dms, str(released["dms"]), found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpecDiffError(f"{RELEASED}: spec/ cannot be compared with it: {type(error).__name__} {error}") from error
    return fits, [*map(str, found), line]


def _release_of(root: Path) -> str | None:
    """Give a release, candidates aside, that the changelog tells of."""
    path = root / "CHANGELOG.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(r"^## (\d+\.\d+\.\d+) - ", text, re.MULTILINE)
    return found[1] if found else None


def render(root: Path) -> str:
    """Give the text of what the release in this tree promises."""
    versions = version.current(root)
    released = {
        "comment": NOTE,
        "release": str(versions.library),
        "dms": versions.dms,
        "facts": facts_of(root),
        "schema": schema_of(root),
        "documents": documents_of(root),
    }
    return json.dumps(released, ensure_ascii=False, indent=1) + "\n"


def keep(root: Path) -> None:
    """Write what is promised from this release on; a sentence that was clarified for it is the released one now."""
    library = version.current(root).library
    if library.candidate is not None:
        raise SpecDiffError(f"VERSION: {library} is a candidate, which promises nothing")
    (root / RELEASED).write_text(render(root), encoding="utf-8")
    (root / CLARIFIED).unlink(missing_ok=True)
    changes = root / "spec/CHANGELOG.md"
    text = changes.read_text(encoding="utf-8")
    changes.write_text(text.replace(NOT_YET, f"Released first with {library} of the libraries.", 1), encoding="utf-8")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Compare, or keep."""
    parser = argparse.ArgumentParser(prog="spec_diff.py", description="the specification since its last release")
    parser.add_argument("command", nargs="?", default="check", choices=("check", "keep"))
    options = parser.parse_args(arguments)
    try:
        if options.command == "keep":
            keep(root)
            return 0
        fits, lines = check(root)
    except (SpecDiffError, schema_diff.SchemaError, version.VersionError, requirements_index.SpecError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines), file=sys.stdout if fits else sys.stderr)
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
