"""dist.py: names, sums and archives; two clones give equal bytes; Go's zip is what the go command makes of the tag.

The files that cost more to build, the npm tarball above all, are compared by the gate `dist.py --twice`.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

import dist
import snapshot
from toolpaths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CHEAP = ("spec", "contract", "parity", "go", "wheel", "sbom-py")
MODULE = "github.com/dynamorm/dynamorm"


def git(folder: Path, *words: str) -> str:
    who = {f"GIT_{role}_{key}": "somebody" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *words], cwd=folder, env={**os.environ, **who}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a clone of the tree as it is, so that what is tested is what stands here."""
    folder = tmp_path_factory.mktemp("clone")
    taken = snapshot.take(ROOT, folder, dirty=True)
    git(taken.clone, "checkout", "--quiet", "--force", "-B", "main", taken.commit)
    return taken.clone


def test_two_clones_give_equal_bytes(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(clone), "elsewhere")
    outs: list[Path] = []
    for number, (repository, umask) in enumerate([(clone, 0o022), (tmp_path / "elsewhere", 0o077)]):
        outs.append(tmp_path / f"out{number}")
        before = os.umask(umask)
        try:
            assert dist.main(["--only", ",".join(CHEAP), "--out", str(outs[-1])], repository) == 0
        finally:
            os.umask(before)
    first, second = ({path.name: path.read_bytes() for path in out.iterdir()} for out in outs)
    versions = dist.versions(ROOT)
    assert sorted(first) == sorted([*(dist.ARTIFACTS[name].name.format(**versions) for name in CHEAP), dist.SUMS])
    assert [name for name in first if first[name] != second.get(name)] == []


def test_the_module_zip_is_what_the_go_command_fetches(clone: Path, tmp_path: Path) -> None:
    version = f"v{dist.versions(ROOT)['version']}"
    git(tmp_path, "clone", "--quiet", str(clone), "tagged")
    git(tmp_path / "tagged", "tag", version)
    out = tmp_path / "out"
    assert dist.main(["--only", "go", "--out", str(out)], tmp_path / "tagged") == 0
    (tmp_path / "user").mkdir()
    environment = {
        "GOMODCACHE": str(tmp_path / "cache"),
        "GOFLAGS": "-modcacherw",
        "GOPROXY": "direct",
        "GONOSUMDB": "*",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tmp_path / 'tagged'}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://{MODULE}",
    }
    done = subprocess.run(
        ["go", "mod", "download", "-json", f"{MODULE}@{version}"],
        cwd=tmp_path / "user",
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    fetched = json.loads(done.stdout)
    zipped = out / f"dynamorm-go-{version}.zip"
    assert zipped.read_bytes() == (tmp_path / fetched["Zip"]).read_bytes()
    again = ["go", "run", ".", str(ROOT / "go.mod"), str(clone), "HEAD", version, str(tmp_path / "again.zip")]
    told = subprocess.run(again, cwd=ROOT / "scripts/gozip", capture_output=True, text=True, check=True)
    assert told.stdout.strip() == fetched["Sum"], "the hash that go.sum gets"


def test_the_sums_are_sorted_by_name_as_sha256sum_reads_them(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("b", "a")]
    for path in files:
        path.write_text(path.name)
    expected = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in ("a", "b")]
    assert dist.sums_of(files) == "".join(expected)


def test_an_archive_tells_nothing_of_the_machine(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("text")
    source.chmod(0o700)
    for name in ("one.tar.gz", "folder/one.tar.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        dist.pack(tmp_path / name, {"b": source, "a": source}, 1_700_000_000)
    packed = (tmp_path / "one.tar.gz").read_bytes()
    assert packed == (tmp_path / "folder/one.tar.gz").read_bytes()
    assert packed[3:8] == bytes(5), "neither a name nor a time in gzip's header"
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        found = [(one.name, one.mode, one.mtime, one.uid, one.gid, one.uname) for one in tar.getmembers()]
    assert found == [(f"one/{name}", 0o755, 1_700_000_000, 0, 0, "") for name in ("a", "b")]


def test_what_only_the_build_needs_is_not_published() -> None:
    manifest = json.loads((ROOT / "ts/package.json").read_text(encoding="utf-8"))
    kept = dist.published(manifest)
    assert set(manifest) - set(kept) == {
        "scripts",
        "devDependencies",
        "optionalDependencies",
        "//overrides",
        "overrides",
    }
    assert kept["peerDependencies"] == manifest["peerDependencies"]


@pytest.mark.parametrize(
    ("version", "python"), [("1.2.3", "1.2.3"), ("1.2.3-rc.4", "1.2.3rc4")], ids=["a release", "a candidate"]
)
def test_each_name_spells_the_version_as_its_tool_does(tmp_path: Path, version: str, python: str) -> None:
    (tmp_path / "spec").mkdir()
    (tmp_path / "VERSION").write_text(f"{version}\n")
    (tmp_path / "spec/VERSION").write_text("1.0\n")
    told = dist.versions(tmp_path)
    names = {name: artifact.name.format(**told) for name, artifact in dist.ARTIFACTS.items()}
    assert names["wheel"] == f"dynamorm_py-{python}-py3-none-any.whl"
    assert names["sdist"] == f"dynamorm_py-{python}.tar.gz"
    assert names["npm"] == f"dynamorm-ts-{version}.tgz"
    assert names["go"] == f"dynamorm-go-v{version}.zip"
    assert names["spec"] == "dynamorm-spec-1.0.tar.gz"
    assert names["sbom-py"] == f"dynamorm-py-{version}.cdx.json"


def test_a_version_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "spec").mkdir()
    (tmp_path / "VERSION").write_text("one\n")
    (tmp_path / "spec/VERSION").write_text("1.0\n")
    with pytest.raises(dist.DistError, match="VERSION: `one` is no version"):
        dist.versions(tmp_path)


def test_a_tree_with_changes_is_refused(clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "clone", "--quiet", str(clone), "changed")
    (tmp_path / "changed/VERSION").write_text("9.9.9\n")
    assert dist.main(["--only", "parity", "--out", str(tmp_path / "out")], tmp_path / "changed") == 1
    assert "not committed: VERSION (--dirty packs them)" in capsys.readouterr().err
    assert dist.main(["--only", "parity", "--dirty", "--out", str(tmp_path / "out")], tmp_path / "changed") == 0
    assert (tmp_path / "out/parity-matrix-9.9.9.md").is_file()


def test_a_library_of_another_version_is_not_packed(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "clone", "--quiet", str(clone), "changed")
    (tmp_path / "changed/VERSION").write_text("9.9.9\n")
    assert dist.main(["--only", "wheel", "--dirty", "--out", str(tmp_path / "out")], tmp_path / "changed") == 1
    assert "VERSION says dynamorm_py-9.9.9-py3-none-any.whl" in capsys.readouterr().err


def test_a_folder_of_other_things_is_not_emptied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("mine")
    assert dist.main(["--out", str(tmp_path)]) == 1
    assert "holds other things than a release's files" in capsys.readouterr().err
    assert dist.main(["--out", str(tmp_path / "mine")]) == 1
    assert "is no folder" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "mine"


def test_an_unknown_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        dist.main(["--only", "whale"])
    assert "unknown: whale; there are npm, go, wheel" in capsys.readouterr().err


def test_builds_that_differ_are_named(tmp_path: Path) -> None:
    builds = [[tmp_path / number / name for name in ("same", "other", number)] for number in ("one", "two")]
    for path in (path for build in builds for path in build):
        path.parent.mkdir(exist_ok=True)
        path.write_text("same" if path.name == "same" else path.parent.name)
    assert list(dist.differing(*builds)) == ["other", "one", "two"]


def test_two_builds_that_differ_are_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clone: Path
) -> None:
    def note_the_folder(_build: dist.Build, out: Path) -> None:
        out.write_text(str(out))

    monkeypatch.setitem(dist.ARTIFACTS, "parity", dist.Artifact("matrix.md", note_the_folder))
    assert dist.main(["--only", "parity", "--twice", "--out", str(tmp_path / "out")], clone) == 1
    assert "two builds of one commit differ: matrix.md, SHA256SUMS" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
