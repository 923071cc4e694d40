"""The hunt for constraints of a schema that nothing holds."""

from __future__ import annotations

import copy
from typing import Any

from dynamorm_contract.load import SUITE, case_schema
from dynamorm_contract.negatives import constraints, documents, laid_over, unnoticed

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "kind"],
    "additionalProperties": False,
    "properties": {"id": {"$ref": "#/$defs/name"}, "kind": {"enum": ["a"]}, "list": {"type": "array", "items": {"type": "string"}}},
    "if": {"required": ["list"]},
    "then": {"properties": {"kind": {"const": "a"}}},
    "$defs": {"name": {"type": "string", "pattern": "^x"}},
}
GOOD = {"id": "x", "kind": "a"}


def test_every_constraint_is_found_and_what_is_only_a_condition_is_not() -> None:
    assert {str(constraint) for constraint in constraints(SCHEMA)} == {
        "#/type",
        "#/required (id)",
        "#/required (kind)",
        "#/additionalProperties",
        "#/properties/id/$ref",
        "#/properties/kind/enum",
        "#/properties/list/type",
        "#/properties/list/items/type",
        "#/then/properties/kind/const",
        "#/$defs/name/type",
        "#/$defs/name/pattern",
    }


def test_a_constraint_that_no_negative_hangs_on_is_named_and_the_schema_stays_as_it_was() -> None:
    before = copy.deepcopy(SCHEMA)
    negatives = [5, {"kind": "a"}, {"id": "x"}, {**GOOD, "more": 1}, {**GOOD, "id": 5}, {**GOOD, "id": "y"}, {**GOOD, "list": "x"}, {**GOOD, "list": [1]}]
    assert unnoticed(SCHEMA, negatives) == ["#/properties/kind/enum", "#/then/properties/kind/const"]
    assert unnoticed(SCHEMA, [*negatives, {**GOOD, "kind": "b"}]) == ["#/then/properties/kind/const"]
    assert before == SCHEMA


def test_a_document_that_the_schema_accepts_notices_nothing() -> None:
    assert "#/properties/kind/enum" in unnoticed(SCHEMA, [GOOD])


def test_a_row_is_laid_over_the_base_and_null_takes_away() -> None:
    base = {"tier": "P0", "cases": [{"id": "a", "steps": [{"do": "get", "on": "T"}]}]}
    row = {"row": "x", "file": {"tier": None}, "case": {"id": "b"}, "step": {"do": None, "as": "w"}}
    assert laid_over(base, row) == {"cases": [{"id": "b", "steps": [{"on": "T", "as": "w"}]}]}
    assert laid_over(base, {"row": "y", "document": "z"}) == "z"


def test_every_constraint_of_the_case_schema_is_held() -> None:
    assert unnoticed(case_schema(), documents(SUITE / "selftest").values()) == []
