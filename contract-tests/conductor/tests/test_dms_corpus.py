"""The documents of `dms/`: every keyword of the document's schema is the reason why one of them is refused."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from dynamorm_contract.load import CANONICAL, INDEX, ROOT, SUITE, LoadError, file_rows
from dynamorm_contract.yamlload import load_yaml

if TYPE_CHECKING:
    from pathlib import Path

VALID, INVALID = SUITE / "dms/valid", SUITE / "dms/invalid"
KEYWORDS = {"type", "required", "additionalProperties", "const", "enum", "minItems", "uniqueItems", "pattern", "minLength"}

Place = tuple[str, ...]


def schema() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / "spec/schemas/dms-1.0.schema.json").read_text(encoding="utf-8"))
    return document


def subschemas(value: dict[str, Any], place: Place = ()) -> dict[Place, dict[str, Any]]:
    """Give every schema inside a schema by its place."""
    out = {place: value}
    for holder in ("properties", "$defs"):
        for name, member in value.get(holder, {}).items():
            out |= subschemas(member, (*place, holder, name))
    if "items" in value:
        out |= subschemas(value["items"], (*place, "items"))
    return out


def without(full: dict[str, Any], place: Place, keyword: str) -> dict[str, Any]:
    out = copy.deepcopy(full)
    del subschemas(out)[place][keyword]
    return out


def test_every_keyword_of_the_schema_is_why_a_file_is_refused() -> None:
    """A file with one error notices its keyword; without that keyword it has to be acceptable to the schema."""
    full = schema()
    places = {id(member): place for place, member in subschemas(full).items()}
    noticed: dict[tuple[Place, str], Any] = {}
    for path in sorted(INVALID.glob("*.yaml")):
        try:
            document = load_yaml(path)
        except (yaml.YAMLError, ValueError, TypeError, RecursionError):
            continue  # its fault is in the text, before any schema
        errors = list(jsonschema.Draft202012Validator(full).iter_errors(document))
        if len(errors) == 1 and id(errors[0].schema) in places:
            noticed.setdefault((places[id(errors[0].schema)], str(errors[0].validator)), document)
    keywords = {(place, keyword) for place, member in subschemas(full).items() for keyword in KEYWORDS & set(member)}
    assert sorted(keywords - set(noticed)) == []
    for (place, keyword), document in noticed.items():
        jsonschema.Draft202012Validator(without(full, place, keyword)).validate(document)


def test_every_constraint_of_the_schema_is_a_keyword_that_this_test_knows() -> None:
    known = KEYWORDS | {"$ref", "$defs", "properties", "items", "$schema", "$id", "title", "description"}
    assert {keyword for member in subschemas(schema()).values() for keyword in member} <= known


@pytest.mark.parametrize("path", sorted(VALID.glob(f"*{CANONICAL}")), ids=lambda path: path.name)
def test_canonical_json_fits_the_schema_and_stands_beside_its_document(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert text == json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n" or has_other_numbers(document)
    assert list(path.parent.glob(path.name.removesuffix(CANONICAL) + ".[yj]*"))


def has_other_numbers(document: Any) -> bool:
    """Tell whether a document holds a float, whose text `json` does not write canonically."""
    if isinstance(document, (dict, list)):
        return any(map(has_other_numbers, document.values() if isinstance(document, dict) else document))
    return isinstance(document, float)


def test_a_file_that_is_not_listed_and_a_line_without_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    case, index = tmp_path / "cases.yaml", tmp_path / "docs" / INDEX
    with pytest.raises(LoadError, match="no docs"):
        file_rows(case, {"files": "docs"})
    index.write_text("a.yaml: {path: /x}\n", encoding="utf-8")
    with pytest.raises(LoadError, match=r"a\.yaml"):
        file_rows(case, {"files": "docs"})
    (tmp_path / "docs/a.yaml").write_text("1\n", encoding="utf-8")
    assert file_rows(case, {"files": "docs"}) == [{"row": "a", "file": "docs/a.yaml", "canonical": "docs/a.canonical.json", "path": "/x"}]
    (tmp_path / "docs/b.yaml").write_text("2\n", encoding="utf-8")
    with pytest.raises(LoadError, match=r"b\.yaml"):
        file_rows(case, {"files": "docs"})
