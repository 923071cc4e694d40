"""verify_dist.py: what it finds wrong with a release's files. That good ones pass is the gate's own run."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pytest

import dist
import installs
import verify_dist
from installs import VerifyError
from toolpaths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = {"version": "1.2.3", "python": "1.2.3", "dms": "1.0"}
EPOCH = 1_700_000_000


@pytest.fixture
def ground(tmp_path: Path) -> verify_dist.Ground:
    """Give files that have the right names and sums, and nothing in them."""
    folder = tmp_path / "dist"
    folder.mkdir()
    found = verify_dist.Ground(folder, tmp_path / "work", VERSIONS, None)
    files = [found.file(name) for name in dist.ARTIFACTS]
    for path in files:
        path.write_text(path.name)
    (folder / dist.SUMS).write_text(dist.sums_of(files))
    return found


def test_the_right_files_with_the_right_sums_pass(ground: verify_dist.Ground) -> None:
    verify_dist.sums(ground)
    (ground.dist / "RELEASE_NOTES.md").write_text("beside them on the page of a release\n")
    verify_dist.sums(ground)


def test_a_missing_file_and_one_too_many_are_named(ground: verify_dist.Ground) -> None:
    ground.file("npm").rename(ground.dist / "dynamorm-ts.tgz")
    with pytest.raises(VerifyError, match=r"lacks dynamorm-ts-1\.2\.3\.tgz and has dynamorm-ts\.tgz besides"):
        verify_dist.sums(ground)


def test_a_changed_file_is_named(ground: verify_dist.Ground) -> None:
    ground.file("go").write_text("changed")
    with pytest.raises(VerifyError, match=r"dynamorm-go-v1\.2\.3\.zip is not what SHA256SUMS says"):
        verify_dist.sums(ground)


def test_sums_of_other_files_are_refused(ground: verify_dist.Ground) -> None:
    sums = ground.dist / dist.SUMS
    sums.write_text("".join(reversed(sums.read_text().splitlines(keepends=True))))
    with pytest.raises(VerifyError, match="names other files than there are, or not in their order"):
        verify_dist.sums(ground)


def test_a_check_that_fails_says_why_and_ends_nothing(
    ground: verify_dist.Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not verify_dist.attempt(ground, "sboms: valid")
    assert not verify_dist.attempt(ground, "spec: unpacked and read")
    told = capsys.readouterr().out
    assert "FAILED sboms: valid" in told
    assert "FAILED spec: unpacked and read" in told
    assert "ReadError" in told, "an archive that is none"


def bill(ground: verify_dist.Ground, purl: str) -> None:
    component = {"type": "library", "name": "x", "version": "1", "purl": purl}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": component}}
    ground.file("sbom-py").write_text(json.dumps(document))


def test_an_sbom_of_another_release_is_refused(ground: verify_dist.Ground) -> None:
    bill(ground, "pkg:pypi/dynamorm-py@1.2.2")
    with pytest.raises(VerifyError, match=r"cdx\.json is of pkg:pypi/dynamorm-py@1\.2\.2"):
        verify_dist.sboms(ground)


def test_an_sbom_that_the_schema_refuses_is_refused(ground: verify_dist.Ground) -> None:
    ground.file("sbom-py").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", "no": "such member"}')
    with pytest.raises(VerifyError, match="is not as CycloneDX wants it"):
        verify_dist.sboms(ground)


def packed_spec(ground: verify_dist.Ground, **changed: str) -> None:
    files = {f"spec/{path.name}": path for path in (ROOT / "spec").iterdir() if path.is_file()}
    for name, text in changed.items():
        path = ground.dist.parent / name
        path.write_text(text)
        files[f"spec/{name.replace('_', '.')}"] = path
    dist.pack(ground.file("spec"), files, EPOCH)


def test_the_specification_is_read_from_its_archive(ground: verify_dist.Ground) -> None:
    packed_spec(ground, VERSION="1.0\n")
    verify_dist.specification(ground)


def test_a_specification_of_another_version_or_with_a_stale_index_is_refused(ground: verify_dist.Ground) -> None:
    packed_spec(ground, VERSION="1.1\n")
    with pytest.raises(VerifyError, match=r"the specification's version is `1\.1`, and should be `1\.0`"):
        verify_dist.specification(ground)
    packed_spec(ground, VERSION="1.0\n", requirements_json="{}\n")
    with pytest.raises(VerifyError, match=r"requirements\.json is not that of its pages"):
        verify_dist.specification(ground)


def test_an_archive_whose_files_lie_anywhere_is_refused(ground: verify_dist.Ground, tmp_path: Path) -> None:
    with tarfile.open(ground.file("spec"), "w:gz") as tar:
        tar.add(ROOT / "LICENSE", "LICENSE")
    with pytest.raises(VerifyError, match=r"files that are not under dynamorm-spec-1\.0/: LICENSE"):
        verify_dist.specification(ground)
    assert not (tmp_path / "work/spec/LICENSE").exists()


def test_a_zip_of_another_version_is_refused(ground: verify_dist.Ground, tmp_path: Path) -> None:
    import zipfile  # noqa: PLC0415 - of this test alone

    with zipfile.ZipFile(ground.file("go"), "w") as zipped:
        zipped.writestr(f"{installs.MODULE}@v1.2.2/go.mod", "module x\n")
    with pytest.raises(VerifyError, match=r"not under github\.com/dynamorm/dynamorm@v1\.2\.3/"):
        installs.GoPlace.make(tmp_path / "go", ground.file("go"), "1.2.3", "package main\n")


def test_a_user_has_neither_our_python_nor_anybodys_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "here")
    monkeypatch.setenv("AWS_PROFILE", "production")
    found = installs.plain_environment(AWS_ACCESS_KEY_ID="mine")
    assert not {"PYTHONPATH", "AWS_PROFILE"} & set(found)
    assert found["AWS_ACCESS_KEY_ID"] == "mine"


def test_a_program_that_fails_or_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match=r"ended with status 2:\s*why"):
        installs.run(["sh", "-c", "echo why >&2; exit 2"], tmp_path)
    with pytest.raises(VerifyError, match="`no-such-program` does not run"):
        installs.run(["no-such-program"], tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_dist.main(["--dist", str(tmp_path / "nowhere")]) == 1
    assert "run `make dist`" in capsys.readouterr().err


def test_a_folder_without_its_files_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SKIP_INTEGRATION", "1")
    assert verify_dist.main(["--dist", str(tmp_path)]) == 1
    assert "build/dist lacks SHA256SUMS, dynamorm-contract-" in capsys.readouterr().err


def test_the_imports_of_all_entries_are_those_of_the_package() -> None:
    manifest = json.loads((ROOT / "ts/package.json").read_text(encoding="utf-8"))
    assert set(verify_dist.WITH_OPTIONAL_PEER) <= set(manifest["exports"])
    assert set(verify_dist.WITH_OPTIONAL_PEER.values()) == set(manifest["peerDependenciesMeta"])
