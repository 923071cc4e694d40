"""Conventional commits: the first line of each commit says what kind of change it is, where, and what.

    commits.py origin/main..HEAD
    commits.py --message FILE       the message of a commit that is being made, as git's hook has it

`type(scope,scope): what` or `type: what`, with `!` before the colon where users have to change something. A merge
is told by its parents and may say anything.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from toolpaths import ROOT

TYPES = {
    "feat": "something users can do now",
    "fix": "something that was wrong",
    "perf": "the same, with less time or memory",
    "docs": "what is written",
    "test": "tests and cases alone",
    "refactor": "the same, in better shape",
    "style": "formatting and names",
    "build": "packages, dependencies, set-up",
    "ci": "workflows and gates",
    "chore": "housekeeping: generated files, locks",
    "release": "made by scripts/release.py alone",
    "revert": "takes a commit back",
}
SCOPES = ("py", "ts", "go", "spec", "dms", "contract", "scripts", "build", "deps", "cli", "docs", "ci")
WIDTH_MAX = 200
_HEAD = re.compile(r"(?P<type>[A-Za-z]+)(?:\((?P<scopes>[^()]*)\))?!?: (?P<what>\S.*)")


@dataclass(frozen=True)
class Commit:
    """A commit as far as this check reads it."""

    id: str
    parents: int
    subject: str


class CommitsError(Exception):
    """The commits cannot be read; the message says why."""


def problems(subject: str) -> list[str]:
    """Say what is wrong with a first line.

    >>> problems("feat(py,ts): a cursor goes on"), problems("feature: x")
    ([], ['`feature` is no type'])
    """
    found = _HEAD.fullmatch(subject)
    if found is None:
        return ["it is not `type(scope): what`"]
    out: list[str] = []
    if found["type"] not in TYPES:
        out.append(f"`{found['type']}` is no type")
    if found["scopes"] is not None:
        out += [f"`{scope}` is no scope" for scope in found["scopes"].split(",") if scope.strip() not in SCOPES]
    if len(subject) > WIDTH_MAX:
        out.append(f"it has {len(subject)} characters, and {WIDTH_MAX} is the most")
    return out


def judge(commit: Commit) -> list[str]:
    """Say what is wrong with a commit, a line each."""
    if commit.parents > 1:
        return []
    return [f"{commit.id[:9]} {commit.subject!r}: {problem}" for problem in problems(commit.subject)]


def read(span: str, root: Path = ROOT) -> list[Commit]:
    """Read the commits of a range, the oldest first."""
    command = ["git", "log", "--reverse", "--format=%H%x09%P%x09%s", "--end-of-options", span]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise CommitsError(f"git cannot read {span}: {done.stderr.strip().splitlines()[0]}")
    rows = [line.split("\t", 2) for line in done.stdout.splitlines()]
    return [Commit(row[0], len(row[1].split()), row[2]) for row in rows]


def merging(root: Path) -> bool:
    """Say whether the commit that is being made is a merge."""
    command = ["git", "rev-parse", "--quiet", "--verify", "MERGE_HEAD"]
    return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0


def first_line(path: str) -> str:
    """Give the first line of a message that is about to be committed."""
    try:
        return (Path(path).read_text(encoding="utf-8").splitlines() or [""])[0]
    except (OSError, UnicodeDecodeError) as error:
        raise CommitsError(f"{path} cannot be read: {error}") from error


def advice() -> str:
    """Say what a first line looks like."""
    kinds = "\n".join(f"  {name:9} {what}" for name, what in TYPES.items())
    example = "The first line of a commit is `type(scope): what`, e.g. `fix(py,go): …`. Types:"
    return f"{example}\n{kinds}\nScopes: {', '.join(SCOPES)}"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Judge the commits of a range."""
    try:
        match arguments:
            case ["--message", path]:
                commits = [Commit("message", 1 + merging(root), first_line(path))]
            case [span] if ".." in span:
                commits = read(span, root)
            case _:
                print("usage: commits.py BASE..HEAD | --message FILE", file=sys.stderr)
                return 2
    except CommitsError as error:
        print(f"commits: {error}", file=sys.stderr)
        return 2
    found = [line for commit in commits for line in judge(commit)]
    if found:
        print("\n".join([*found, "", advice()]), file=sys.stderr)
        return 1
    print(f"{len(commits)} commits, all conventional")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
