"""A release: prepared in a tree, rehearsed in a scratch clone, checked by its tag, and what its page says.

    release.py prepare 0.2.0                    write what the release's commit holds: version, changelog, DMS kept
    release.py rehearse 0.2.0-rc.1 [--into DIR] all of it in a clone of HEAD: commit, tag, files, the page as a folder
    release.py check-tag v0.2.0                 fail where the tag is not a release: CI asks this first
    release.py notes 0.2.0                      print the page's text

docs/releasing.md is the way through them. What is built is known by dist.py, what happens at the host by the
workflow; both take their part from here. A rehearsal takes its dates and names from the commit it is of, so two of
one commit make the same commit, tag and files.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import changelog
import requirements_index
import schema_diff
import spec_diff
import toolpaths
import version
from toolpaths import ROOT
from version import Version, Versions

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMS = "SHA256SUMS"
NOTES = "RELEASE_NOTES.md"
REPOSITORY = "https://github.com/dynamorm/dynamorm"
# What stands on the page, by the names that versions give it, and what it is.
ARTIFACTS = {
    "dynamorm_py-{python}-py3-none-any.whl": "Python package",
    "dynamorm_py-{python}.tar.gz": "its source distribution",
    "dynamorm-ts-{library}.tgz": "npm package",
    "dynamorm-go-v{library}.zip": "Go module, as a module proxy holds it",
    "dynamorm-spec-{dms}.tar.gz": "the specification, DMS {dms}",
    "dynamorm-contract-{library}.tar.gz": "the contract suite: cases, conductor, runners",
    "parity-matrix-{library}.md": "what each library can do, as measured",
    "dynamorm-py-{library}.cdx.json": "bill of materials of the Python package, CycloneDX",
    "dynamorm-ts-{library}.cdx.json": "bill of materials of the npm package",
    "dynamorm-go-{library}.cdx.json": "bill of materials of the Go module",
}
# No hook, signature or name of the machine gets into a rehearsal.
PLAIN = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "tag.gpgSign=false")
REFUSED = (
    changelog.ChangelogError,
    requirements_index.SpecError,
    schema_diff.SchemaError,
    spec_diff.SpecDiffError,
    version.VersionError,
)


class ReleaseError(Exception):
    """A step cannot be done; the message has one sentence per line."""


def _run(command: Sequence[str | Path], cwd: Path, **environment: str) -> str:
    """Run a command and give what it prints, or say what it said."""
    words = [str(word) for word in command]
    # A hook of git's would hand down where its own repository is.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**inherited, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise ReleaseError(f"`{words[0]}` does not start: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise ReleaseError(f"`{' '.join(words)}` ended with status {done.returncode}:\n{said}")
    return done.stdout.strip()


def _git(root: Path, *words: str, **environment: str) -> str:
    return _run(("git", *words), root, **environment)


# --- the release's commit -----------------------------------------------------------------------------------


def prepare(root: Path, new: Version, date: dt.date | None = None) -> None:
    """Write what the commit of a release holds; the tree has to be clean, so that it holds nothing else."""
    if changed := _git(root, "status", "--porcelain"):
        raise ReleaseError(f"the tree has changes that are not committed:\n{changed}")
    fits, lines = spec_diff.check(root)
    if not fits:
        raise ReleaseError("\n".join(lines))
    date = date or changelog.commit_date(root)
    _none(version.set_version(root, str(new)))
    changelog.release(root, new, date)
    if new.candidate is None:
        spec_diff.keep(root)
    _none([*version.check(root, new.tag), *changelog.check(root)])


def _none(findings: Sequence[str]) -> None:
    if findings:
        raise ReleaseError("\n".join(findings))


def tag_findings(root: Path, tag: str) -> list[str]:
    """Say what keeps a tag from being a release."""
    findings = version.check(root, tag)
    if findings:
        return findings
    versions = version.current(root)
    # Whether the tag is annotated is not asked: a checkout of CI fetches the commit under the tag's name.
    try:
        tagged, head = (_git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") for name in (tag, "HEAD"))
    except ReleaseError:
        return [f"{tag}: there is no such tag here"]
    if tagged != head:
        findings.append(f"{tag}: found the commit {tagged}, expected {head}, which is checked out")
    findings += changelog.check(root)
    changelog.section(root, versions.library)  # raises where there is none
    if versions.library.candidate is None:
        findings += [
            f"{changelog.CHANGES}: found {one.slug}.{one.kind}.md, expected that CHANGELOG.md has it"
            for one in changelog.read(root)[0]
        ]
        findings += _kept_findings(root, versions)
    return findings


def _kept_findings(root: Path, versions: Versions) -> list[str]:
    """Say where what later versions of DMS are compared with is not what this release holds."""
    path = root / spec_diff.RELEASED
    expected = f"{versions.library} of DMS {versions.dms}"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = f"{kept['release']} of DMS {kept['dms']}"
        same = kept == json.loads(spec_diff.render(root))
    except (OSError, ValueError, KeyError, TypeError):
        return [f"{spec_diff.RELEASED}: found nothing to read, expected what {expected} promises"]
    if found != expected:
        return [f"{spec_diff.RELEASED}: found {found}, expected {expected}"]
    return [] if same else [f"{spec_diff.RELEASED}: found other promises than those of spec/, run `spec_diff.py keep`"]


# --- the page -----------------------------------------------------------------------------------------------


def artifacts(versions: Versions) -> dict[str, str]:
    """Give the names of the files that a release has, each with what it is."""
    spelled = {what: versions.spelled(what) for what in ("library", "python", "dms")}
    return {name.format(**spelled): what.format(**spelled) for name, what in ARTIFACTS.items()}


def notes(root: Path, asked: Version) -> str:
    """Give the page's text: what changed, how it is installed, what its files are, how they are checked."""
    versions = version.current(root)
    if asked != versions.library:
        raise ReleaseError(f"VERSION: found `{versions.library}`, expected `{asked}`, whose notes are asked for")
    at = f"{REPOSITORY}/releases/download/{asked.tag}"
    kind = "A candidate for" if asked.candidate is not None else "One version of"
    lines = [
        f"{kind} the Python, TypeScript and Go libraries: {asked}, which keeps DMS {versions.dms}.",
        "",
        changelog.section(root, asked).rstrip(),
        "",
        "### Install",
        "",
        "```sh",
        f"pip install {at}/dynamorm_py-{asked.python}-py3-none-any.whl",
        f"npm install {at}/dynamorm-ts-{asked}.tgz",
        f"go get {REPOSITORY.removeprefix('https://')}@{asked.tag}",
        "```",
        "",
        "### Files",
        "",
        "| file | |",
        "| --- | --- |",
        *(f"| `{name}` | {what} |" for name, what in artifacts(versions).items()),
        f"| `{SUMS}` | their hashes: `sha256sum --check --ignore-missing {SUMS}` |",
        "",
        f"Where each was built is attested: `gh attestation verify FILE --repo {REPOSITORY.removeprefix('https://github.com/')}`.",
    ]
    return "\n".join(lines) + "\n"


def page_findings(page: Path, versions: Versions) -> list[str]:
    """Say where a folder is not what the release's page has to hold."""
    expected = set(artifacts(versions))
    found = {path.name for path in page.iterdir()}
    findings = [f"{name}: missing" for name in sorted({*expected, SUMS, NOTES} - found)]
    findings += [
        f"{name}: not expected on the page of {versions.library}" for name in sorted(found - expected - {SUMS, NOTES})
    ]
    if SUMS in found:
        findings += _sum_findings(page, sorted(expected))
    return findings + [f"{name}: empty" for name in sorted(found) if not (page / name).stat().st_size]


def _sum_findings(page: Path, expected: list[str]) -> list[str]:
    lines = (page / SUMS).read_text(encoding="utf-8").splitlines()
    rows = [re.fullmatch(r"([0-9a-f]{64})  (\S+)", line) for line in lines]
    listed = [row[2] for row in rows if row]
    if listed != expected or len(listed) != len(rows):
        return [f"{SUMS}: found the files {', '.join(listed) or 'none'}, expected {', '.join(expected)}"]
    return [
        f"{row[2]}: the hash in {SUMS} is of other bytes"
        for row in rows
        if row and (page / row[2]).is_file() and hashlib.sha256((page / row[2]).read_bytes()).hexdigest() != row[1]
    ]


# --- the rehearsal ------------------------------------------------------------------------------------------


def rehearse(root: Path, new: Version, into: Path) -> Path:
    """Do a release in a clone, up to the folder that the host would be given; give that folder."""
    clone, page = into / "repository", into / "page"
    if _git(root, "tag", "--list", new.tag):
        raise ReleaseError(f"{new.tag}: there is such a tag already")
    if changed := _git(root, "status", "--porcelain"):
        _say(f"what is not committed is left out:\n{changed}")
    head = _git(root, "rev-parse", "HEAD")
    _say(f"clone {head[:12]} to {clone}")
    _git(into, "clone", "--quiet", "--no-hardlinks", "--no-checkout", str(root), str(clone))
    _git(clone, "checkout", "--quiet", "-B", f"release-{new}", head)
    _say(f"prepare {new}")
    prepare(clone, new)
    _commit(clone, new)
    python = clone / toolpaths.venv_python().relative_to(ROOT)
    _say("set up the clone, as on a new machine; this takes minutes")
    _run((sys.executable, "scripts/setup.py"), clone)
    _say("build, in the clone, what the workflow builds")
    _run((python, "scripts/release.py", "check-tag", new.tag), clone)
    _run((python, "scripts/dist.py", "--out", page), clone)
    text = _run((python, "scripts/release.py", "notes", str(new)), clone)
    (page / NOTES).write_text(text + "\n", encoding="utf-8")
    _none([*page_findings(page, version.current(clone)), *_clone_findings(clone, new, head)])
    return page


def _commit(clone: Path, new: Version) -> None:
    """Commit and tag, in the name and at the time of the commit that is rehearsed."""
    name, email, date = _git(clone, "log", "-1", "--format=%cn%n%ce%n%cI").split("\n")
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", name), ("EMAIL", email), ("DATE", date))
    }
    _git(clone, "add", "--all")
    _git(clone, *PLAIN, "commit", "--quiet", "-m", f"release: {new.tag}", **who)
    _git(clone, *PLAIN, "tag", "--annotate", "-m", f"DynamORM {new}", new.tag, **who)


def _clone_findings(clone: Path, new: Version, head: str) -> list[str]:
    """Say where the clone is not one commit behind HEAD, with an annotated tag and nothing left over."""
    findings: list[str] = []
    if _git(clone, "cat-file", "-t", f"refs/tags/{new.tag}") != "tag":
        findings.append(f"{new.tag}: is not annotated")
    if _git(clone, "rev-parse", f"{new.tag}^{{commit}}^") != head:
        findings.append(f"{new.tag}: is not the commit after {head}")
    if changed := _git(clone, "status", "--porcelain"):
        findings.append(f"building changed the clone:\n{changed}")
    return findings


def _say(text: str) -> None:
    print(f"rehearse: {text}", flush=True)


def _place(root: Path, into: Path | None) -> Path:
    """Give an empty folder outside of the repository."""
    if into is None:
        return Path(tempfile.mkdtemp(prefix="dynamorm-release-"))
    into = into.resolve()
    if into.is_relative_to(root.resolve()):
        raise ReleaseError(f"{into} is inside the repository; a rehearsal stands elsewhere")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise ReleaseError(f"{into} is not an empty folder")
    into.mkdir(parents=True, exist_ok=True)
    return into


def _told(page: Path, new: Version) -> str:
    """Say what came of a rehearsal, and what a person does next."""
    clone = page.parent / "repository"
    commit = _git(clone, "rev-parse", "--short=12", "HEAD")
    files = "\n".join(f"  {path.stat().st_size:>10,}  {path.name}" for path in sorted(page.iterdir()))
    return (
        f"\nThe page of {new} would hold, from {page}:\n{files}\n\n"
        f"They are of the commit {commit}, tagged {new.tag}, in {clone}.\n"
        "Names, hashes and tag were checked; nothing was pushed, and your tree is as it was.\n"
        f"Next: read {page / NOTES}, look at `git -C {clone} show`, then go on as docs/releasing.md says:\n"
        f"`release.py prepare {new}` on a branch, a pull request, and the tag {new.tag} on what was merged.\n"
        "Attestation and the page itself are the workflow's, at the host; no rehearsal runs them."
    )


# --- the command --------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="release.py", description="prepare, rehearse and check a release")
    commands = parser.add_subparsers(dest="command", required=True)
    preparing = commands.add_parser("prepare", help="write what the release's commit holds")
    preparing.add_argument("version", metavar="X.Y.Z[-rc.N]")
    preparing.add_argument("--date", type=dt.date.fromisoformat, help="default: that of the last commit")
    rehearsing = commands.add_parser("rehearse", help="do all of it in a clone of HEAD")
    rehearsing.add_argument("version", metavar="X.Y.Z[-rc.N]")
    rehearsing.add_argument("--into", type=Path, metavar="DIR", help="an empty folder (default: a temporary one)")
    commands.add_parser("check-tag", help="fail where a tag is not a release").add_argument("tag", metavar="vX.Y.Z")
    commands.add_parser("notes", help="print the page's text").add_argument("version", metavar="X.Y.Z[-rc.N]")
    return parser


def _perform(options: argparse.Namespace, root: Path) -> list[str]:
    """Do what was asked for, and give what is wrong."""
    if options.command == "check-tag":
        return tag_findings(root, options.tag)
    asked = Version.parse(options.version)
    if options.command == "notes":
        print(notes(root, asked), end="")
    elif options.command == "prepare":
        prepare(root, asked, options.date)
        print(f"{asked} is prepared: look at `git diff`, and commit it as `release: {asked.tag}`")
    else:
        print(_told(rehearse(root, asked, _place(root, options.into)), asked))
    return []


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Do one step."""
    options = _parser().parse_args(arguments)
    try:
        findings = _perform(options, root)
    except (ReleaseError, OSError, *REFUSED) as error:
        findings = [str(error)]
    for finding in findings:
        print(f"release: {finding}", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
