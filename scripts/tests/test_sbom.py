"""sbom.py: what each library's list holds, that it is as CycloneDX wants it, and what cannot be listed."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import sbom
import toolpaths
from sbom import Inventory, Package

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 1_700_000_000
DIRECT = {
    "py": {"boto3", "pydantic", "pyyaml", "rich", "typer", "cryptography"},
    "ts": {"@aws-sdk/client-dynamodb", "@aws-sdk/client-dynamodb-streams", "@aws-sdk/client-kms", "yaml"},
    "go": {
        "github.com/aws/aws-sdk-go-v2",
        "github.com/aws/aws-sdk-go-v2/service/dynamodb",
        "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams",
        "github.com/aws/aws-sdk-go-v2/service/kms",
        "github.com/aws/smithy-go",
        "go.yaml.in/yaml/v3",
    },
}
OPTIONAL = {"py": "cryptography", "ts": "@aws-sdk/client-kms", "go": None}
INDIRECT = {"py": "botocore", "ts": "@smithy/core", "go": "github.com/aws/aws-sdk-go-v2/internal/configsources"}


def listed(language: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sbom.render(sbom.MAKERS[language](toolpaths.ROOT, "1.2.3"), EPOCH))
    return document


@pytest.mark.parametrize("language", sbom.MAKERS)
def test_a_list_holds_what_the_library_needs_directly_and_behind_that(language: str) -> None:
    document = listed(language)
    by_ref = {one["bom-ref"]: one for one in document["components"]}
    needs = {one["ref"]: one["dependsOn"] for one in document["dependencies"]}
    root = document["metadata"]["component"]
    assert {by_ref[ref]["name"] for ref in needs[root["bom-ref"]]} == DIRECT[language]
    assert root["purl"].endswith("1.2.3")
    assert set(needs) == {root["bom-ref"], *by_ref}
    assert {ref for refs in needs.values() for ref in refs} == set(by_ref), "somebody needs each"
    assert INDIRECT[language] in {one["name"] for one in by_ref.values()}
    optional = {one["name"] for one in by_ref.values() if one["scope"] == "optional"}
    assert (OPTIONAL[language] in optional) if OPTIONAL[language] else not optional
    assert all(one["hashes"] for one in by_ref.values())
    assert language == "go" or all(one["licenses"] for one in by_ref.values())


@pytest.mark.parametrize("language", sbom.MAKERS)
def test_equal_sources_give_equal_texts_and_no_address_of_a_registry(language: str) -> None:
    first, second = (sbom.render(sbom.MAKERS[language](toolpaths.ROOT, "1.2.3"), EPOCH) for _ in range(2))
    assert first == second
    assert first.count("://") == 1, "the address of the schema alone"
    assert '"timestamp": "2023-11-14T22:13:20+00:00"' in first


def package(version: str = "1", *, optional: bool = False, needs: tuple[str, ...] = ()) -> Package:
    return Package("npm", "@scope/thing", version, optional=optional, needs=needs)


def test_a_package_in_two_folders_is_one_entry_that_is_required_if_one_is() -> None:
    twice = {"a": package(optional=True, needs=("c",)), "b": package(), "c": Package("npm", "other", "2")}
    document = json.loads(sbom.render(Inventory(Package("npm", "ours", "1", needs=("a", "b")), twice), EPOCH))
    assert [(one["purl"], one["scope"]) for one in document["components"]] == [
        ("pkg:npm/%40scope/thing@1", "required"),
        ("pkg:npm/other@2", "required"),
    ]
    assert {one["ref"]: one["dependsOn"] for one in document["dependencies"]} == {
        "pkg:npm/ours@1": ["pkg:npm/%40scope/thing@1"],
        "pkg:npm/%40scope/thing@1": ["pkg:npm/other@2"],
        "pkg:npm/other@2": [],
    }


def test_a_list_that_the_schema_refuses_is_not_written() -> None:
    broken = Package("npm", "thing", "1", hashes=(("SHA-512", "no hash"),))
    with pytest.raises(sbom.SbomError, match="not as CycloneDX wants it"):
        sbom.render(Inventory(Package("npm", "ours", "1"), {"a": broken}), EPOCH)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("MIT", {"license": {"id": "MIT"}}),
        ("MIT OR Apache-2.0", {"expression": "MIT OR Apache-2.0"}),
        ("ISC License", {"license": {"name": "ISC License"}}),
    ],
    ids=["an identifier", "an expression", "a name"],
)
def test_a_licence_is_told_as_well_as_it_is_known(told: str, expected: dict[str, object]) -> None:
    document = json.loads(sbom.render(Inventory(Package("pypi", "ours", "1", told)), EPOCH))
    assert document["metadata"]["component"]["licenses"] == [expected]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("py/pyproject.toml", "scripts/requirements.lock", "ts/package-lock.json", "go.mod", "go.sum"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(toolpaths.ROOT / name, tmp_path / name)
    shutil.copytree(toolpaths.ROOT / "dynamorm", tmp_path / "dynamorm")
    return tmp_path


@pytest.mark.parametrize(
    ("language", "change", "said"),
    [
        ("py", ("py/pyproject.toml", '"boto3>', '"no-such>'), "no-such is not installed: run `make setup`"),
        ("py", ("scripts/requirements.lock", "\nboto3==", "\nboto3==0."), r"boto3 \S+ is installed and 0\.\S+ locked"),
        ("ts", ("ts/package-lock.json", '"node_modules/yaml"', '"node_modules/yam"'), "does not lock yaml"),
        ("go", ("go.sum", "smithy-go v", "smithy-go w"), "(missing go.sum entry|go.sum does not name)"),
    ],
    ids=["not installed", "another version", "not locked", "no sum"],
)
def test_what_cannot_be_listed_is_told(tree: Path, language: str, change: tuple[str, str, str], said: str) -> None:
    file, old, new = change
    text = (tree / file).read_text(encoding="utf-8")
    (tree / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(sbom.SbomError, match=said):
        sbom.MAKERS[language](tree, "1.2.3")
