"""A commit, taken out of its repository: what is packed is what git has, and nothing else that lies in the folder.

A clone beside the user's repository borrows its objects; of a changed tree it gets a commit of its own, so that
the user's branches, index and files stay as they are. Modes and times of the files are git's and the commit's.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAMED = 10
# A hook's git says with these where it is; here the folder says it.
ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"}
# The commit of a changed tree is nobody's.
NOBODY = {"NAME": "nobody", "EMAIL": "nobody@invalid"}


class SnapshotError(Exception):
    """The repository cannot be packed; the message says why."""


@dataclass(frozen=True)
class Snapshot:
    """A commit: the clone that has it, its files in a folder, and its time."""

    clone: Path
    commit: str
    tree: Path
    epoch: int

    def read(self, path: str) -> str:
        """Give the text of a file."""
        return (self.tree / path).read_text(encoding="utf-8")


def take(repository: Path, folder: Path, *, dirty: bool = False) -> Snapshot:
    """Take HEAD out of a repository; with `dirty` the files as they are now, at the time of HEAD."""
    if not dirty and (changed := _git(repository, "status", "--porcelain").splitlines()):
        names = ", ".join(line[3:] for line in changed[:NAMED])
        more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
        raise SnapshotError(f"the tree has changes that are not committed: {names}{more} (--dirty packs them)")
    clone = folder / "clone"
    _git(repository, "clone", "--quiet", "--shared", "--no-checkout", str(repository), str(clone))
    epoch = int(_git(repository, "log", "-1", "--format=%ct"))
    commit = _commit_changes(repository, clone, epoch) if dirty else _git(repository, "rev-parse", "HEAD")
    tree = folder / "tree"
    _extract(clone, commit, tree)
    return Snapshot(clone, commit, tree, epoch)


def _commit_changes(repository: Path, clone: Path, epoch: int) -> str:
    """Make a commit of a work tree in the clone alone."""
    there = {"GIT_DIR": str(clone / ".git"), "GIT_WORK_TREE": str(repository)}
    _git(repository, "read-tree", "HEAD", **there)
    _git(repository, "add", "--all", **there)
    who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in NOBODY.items()}
    when = {f"GIT_{role}_DATE": f"{epoch} +0000" for role in ("AUTHOR", "COMMITTER")}
    tree = _git(repository, "write-tree", **there)
    return _git(repository, "commit-tree", "-p", "HEAD", "-m", "the tree as it is", tree, **there, **who, **when)


def _extract(clone: Path, commit: str, tree: Path) -> None:
    """Write the files with the modes that git knows, whatever the umask: 644, and 755 for programs."""
    archive = subprocess.run(["git", "archive", "--format=tar", commit], cwd=clone, capture_output=True, check=False)
    if archive.returncode != 0:
        raise SnapshotError(f"git archive {commit}: {archive.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(tree, filter="data")


def _git(folder: Path, *words: str, **environment: str) -> str:
    """Run git, and give what it prints."""
    plain = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    command = ["git", *words]
    try:
        done = subprocess.run(
            command, cwd=folder, env={**plain, **environment}, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise SnapshotError(f"git does not run in {folder}: {error}") from error
    if done.returncode != 0:
        raise SnapshotError(f"`{' '.join(command)}` in {folder}: {done.stderr.strip()}")
    return done.stdout.rstrip()
