"""snapshot.py: what of a repository is packed, and that the repository stays as it is."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

import snapshot

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 1_700_000_000


def git(folder: Path, *words: str) -> str:
    who = {f"GIT_{role}_{key}": "somebody" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    when = {f"GIT_{role}_DATE": f"{EPOCH} +0000" for role in ("AUTHOR", "COMMITTER")}
    environment = {**os.environ, **who, **when}
    return subprocess.run(
        ["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "a.txt").write_text("a\n")
    (folder / "program").write_text("#!/bin/sh\n")
    (folder / "program").chmod(0o700)
    (folder / ".gitignore").write_text("/build/\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "first")
    (folder / "build").mkdir()
    (folder / "build/left").write_text("no part of it\n")
    return folder


def test_a_commit_is_taken_with_the_modes_and_the_time_that_git_knows(repository: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        taken = snapshot.take(repository, tmp_path)
    finally:
        os.umask(before)
    files = {path.name: path.stat() for path in taken.tree.iterdir()}
    assert {name: stat.st_mode & 0o777 for name, stat in files.items()} == {
        "a.txt": 0o644,
        "program": 0o755,
        ".gitignore": 0o644,
    }
    assert {int(stat.st_mtime) for stat in files.values()} == {taken.epoch} == {EPOCH}
    assert taken.commit == git(repository, "rev-parse", "HEAD").strip()
    assert taken.read("a.txt") == "a\n"


def test_a_changed_tree_is_refused_by_the_names_of_its_files(repository: Path, tmp_path: Path) -> None:
    (repository / "a.txt").write_text("b\n")
    (repository / "new.txt").write_text("new\n")
    with pytest.raises(snapshot.SnapshotError, match=r"not committed: a\.txt, new\.txt \(--dirty packs them\)"):
        snapshot.take(repository, tmp_path)


def test_a_changed_tree_is_packed_on_demand_and_stays_as_it_is(repository: Path, tmp_path: Path) -> None:
    (repository / "a.txt").write_text("b\n")
    (repository / "new.txt").write_text("new\n")
    (repository / "program").unlink()
    before = (git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD"))
    objects = sorted((repository / ".git/objects").rglob("*"))
    taken = snapshot.take(repository, tmp_path, dirty=True)
    assert sorted(path.name for path in taken.tree.iterdir()) == [".gitignore", "a.txt", "new.txt"]
    assert (taken.read("a.txt"), taken.read("new.txt")) == ("b\n", "new\n")
    assert taken.epoch == EPOCH
    assert (git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")) == before
    assert sorted((repository / ".git/objects").rglob("*")) == objects


def test_a_shallow_clone_and_a_second_work_tree_are_taken_too(repository: Path, tmp_path: Path) -> None:
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "second")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", "shallow")
    git(repository, "worktree", "add", "--quiet", "--detach", str(tmp_path / "second"))
    for name in ("shallow", "second"):
        (tmp_path / name / "a.txt").write_text("b\n")
        folder = tmp_path / f"packed-{name}"
        folder.mkdir()
        assert snapshot.take(tmp_path / name, folder, dirty=True).read("a.txt") == "b\n"


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(snapshot.SnapshotError, match="not a git repository"):
        snapshot.take(tmp_path, tmp_path)
    with pytest.raises(snapshot.SnapshotError, match="git does not run"):
        snapshot.take(tmp_path / "nowhere", tmp_path)
