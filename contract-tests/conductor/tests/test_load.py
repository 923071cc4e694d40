"""The loader: strict about files, exact about rows, times and models."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from dynamorm_contract.catalogue import Catalogue, load_catalogue
from dynamorm_contract.load import ROOT, SUITE, Loader, LoadError, Models, case_schema, duration, is_strong, nanoseconds, repeat, rows_of, substitute
from dynamorm_contract.yamlload import load_yaml

if TYPE_CHECKING:
    from pathlib import Path

INVALID = SUITE / "selftest/invalid"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "spec")


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(SUITE / "models")


@pytest.mark.parametrize("path", sorted(INVALID.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_invalid_file_is_refused(path: Path, models: Models, catalogue: Catalogue) -> None:
    with pytest.raises(LoadError):
        Loader(models, catalogue).file(path)


def test_the_suite_loads_and_its_ids_are_unique(models: Models, catalogue: Catalogue) -> None:
    cases = Loader(models, catalogue).folder(SUITE / "cases")
    assert len({case.id for case in cases}) == len(cases) > 300


def test_there_is_an_attribute_and_a_case_for_every_reserved_word(models: Models, catalogue: Catalogue) -> None:
    words = (ROOT / "spec/reserved-words.txt").read_text(encoding="utf-8").split()
    declared = {attribute["attribute"] for name, model in models.models.items() if name.startswith("Reserved") for attribute in model["attributes"]}
    assert declared == {"id", *words}
    cases = {case.id for case in Loader(models, catalogue).file(SUITE / "cases/p0/names.yaml")}
    assert {f"p0-expr-every-reserved-word/{word.lower()}" for word in words} <= cases


@pytest.mark.parametrize("each", [{"words": "spec/nothing.txt"}, {"lines": "spec/reserved-words.txt"}])
def test_rows_out_of_nothing_are_refused(each: dict[str, str]) -> None:
    with pytest.raises(LoadError, match="words of a file"):
        rows_of(SUITE / "cases/p0/names.yaml", each)


def test_yaml_keeps_what_dynamodb_json_needs(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("{NULL: true, on: off, day: 2026-01-02, n: 010, m: 1.50, i: 12, none: null}", encoding="utf-8")
    assert load_yaml(path) == {"NULL": True, "on": "off", "day": "2026-01-02", "n": "010", "m": "1.50", "i": 12, "none": None}


def test_yaml_refuses_a_duplicate_key(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("{a: 1, a: 2}", encoding="utf-8")
    with pytest.raises(yaml.YAMLError, match="duplicate key"):
        load_yaml(path)


def test_a_row_keeps_the_type_of_a_whole_value_and_fills_text() -> None:
    row = {"row": "r", "n": 5, "list": [1], "s": "x"}
    assert substitute({"a": "${row.n}", "b": "v${row.n}", "c": ["${row.list}"], "${row.s}": 1}, row) == {"a": 5, "b": "v5", "c": [[1]], "x": 1}


def test_a_clock_is_exact_to_the_nanosecond() -> None:
    assert nanoseconds("2026-01-02T03:04:05.000000006Z") == 1767323045000000006
    assert nanoseconds("1969-12-31T23:59:59Z") == -1_000_000_000
    assert [duration(text) for text in ("3ns", "2us", "1ms", "1s")] == [3, 2000, 1_000_000, 1_000_000_000]


def test_a_foreign_model_stands_before_the_suites_own(tmp_path: Path, models: Models) -> None:
    (tmp_path / "m.yaml").write_text('dms_version: "1.0"\nmodels: [{name: Order, table: {name: other}}]', encoding="utf-8")
    merged = Models.load(tmp_path).over(models)
    assert merged.pick(["Order"])[0]["Order"]["table"] == {"name": "other"}
    assert merged.pick(["Ticket"])[0]["Ticket"]["table"] == {"name": "tickets"}


@pytest.mark.parametrize(
    ("result", "strong"),
    [({"item": {"$$any": True}}, False), ({"$$any": True}, False), ({"item": {"id": "x"}}, True), ({"item": None}, True), ({}, True)],
)
def test_a_result_of_nothing_but_any_asserts_nothing(result: dict[str, Any], strong: bool) -> None:  # noqa: FBT001 - a row of the table
    assert is_strong({"steps": [{"expect": {"result": result}}]}) is strong


CONSTRAINTS = (
    "required",
    "enum",
    "pattern",
    "additionalProperties",
    "minItems",
    "oneOf",
    "minProperties",
    "maxLength",
    "uniqueItems",
    "const",
    "not",
    "propertyNames",
    "maxItems",
    "minimum",
)


def _places(schema: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    out: list[tuple[Any, ...]] = []
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in CONSTRAINTS and path[-1:] != ("properties",):
                out.append((*path, key))
            out += _places(value, (*path, key))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            out += _places(value, (*path, index))
    return out


def test_most_constraints_of_the_case_schema_are_noticed_by_an_invalid_file(models: Models, catalogue: Catalogue) -> None:
    """Remove one keyword at a time: some invalid file has to become acceptable to the schema."""
    full = case_schema()
    top = [place for place in _places(full) if "allOf" not in place and "if" not in place]
    noticed = [place for place in top if _noticed(full, place, models, catalogue)]
    assert len(noticed) >= 25, sorted(map(str, set(top) - set(noticed)))


def _noticed(full: dict[str, Any], place: tuple[Any, ...], models: Models, catalogue: Catalogue) -> bool:
    schema = copy.deepcopy(full)
    holder = schema
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    for path in FILES:
        try:
            Loader(models, catalogue, schema=schema).file(path)
        except LoadError:
            continue
        except (KeyError, TypeError, AttributeError, ValueError):
            return True  # past the schema, into code that relies on it
        return True
    return False


FILES = sorted(INVALID.glob("*.yaml"))


def test_a_repetition_is_written_out() -> None:
    written = repeat({"a": {"$$repeat": ["xy", 2]}, "b": ["or", {"$$repeat": [["exists", "q"], 2]}]})
    assert written == {"a": "xyxy", "b": ["or", ["exists", "q"], ["exists", "q"]]}
