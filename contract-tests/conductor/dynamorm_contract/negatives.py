"""Is every constraint of the case schema noticed? Each is taken out in turn; some document of the negatives then has to be accepted, or nothing holds the constraint."""

from __future__ import annotations

import copy
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from .yamlload import load_yaml

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

# Keywords that refuse; the others only lead to subschemas, or say something.
REFUSING = {
    "$ref", "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems",
    "minProperties", "maxProperties", "required", "additionalProperties", "oneOf", "anyOf", "not",
}  # fmt: skip
TABLE = "schema-negatives.yaml"
SINGLE, LISTS, MAPS = ("items", "additionalProperties", "propertyNames", "then"), ("prefixItems", "allOf", "anyOf", "oneOf"), ("properties", "$defs")

Schema = dict[str, Any]


@dataclass(frozen=True)
class Constraint:
    """One keyword of one subschema; of `required` one name."""

    at: str
    schema: Schema
    keyword: str
    name: str | None = None

    def __str__(self) -> str:
        """Name the place as a pointer."""
        return f"{self.at}/{self.keyword}" + (f" ({self.name})" if self.name else "")

    @contextmanager
    def removed(self) -> Generator[None]:
        """Take the constraint out of the schema for a while."""
        whole = dict(self.schema)
        if self.name is None:
            del self.schema[self.keyword]
        else:
            self.schema[self.keyword] = [name for name in whole[self.keyword] if name != self.name]
        try:
            yield
        finally:
            self.schema.clear()
            self.schema.update(whole)


def constraints(schema: Schema, at: str = "#") -> Iterator[Constraint]:
    """Find every constraint. What stands inside `if` and `not` is a condition, and loosens nothing when it goes."""
    for keyword in schema:
        if keyword == "required":
            yield from (Constraint(at, schema, keyword, name) for name in schema[keyword])
        elif keyword in REFUSING and not (keyword == "additionalProperties" and isinstance(schema[keyword], dict)):
            yield Constraint(at, schema, keyword)
    for place, inner in _inner(schema):
        yield from constraints(inner, f"{at}/{place}")


def _inner(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for keyword, value in schema.items():
        if keyword in SINGLE and isinstance(value, dict):
            yield keyword, value
        elif keyword in LISTS:
            yield from ((f"{keyword}/{index}", inner) for index, inner in enumerate(value))
        elif keyword in MAPS:
            yield from ((f"{keyword}/{name}", inner) for name, inner in value.items())


def documents(folder: Path) -> dict[str, Any]:
    """Give the negatives: whole files of `invalid/`, and the rows of `schema-negatives.yaml`, each laid over the valid base file."""
    out: dict[str, Any] = {}
    for path in sorted((folder / "invalid").glob("*.yaml")):
        try:
            out[path.name] = load_yaml(path)
        except yaml.YAMLError:  # what is no YAML is no negative of the schema
            continue
    table = load_yaml(folder / TABLE)
    for row in table["rows"]:
        if row["row"] in out:
            raise ValueError(f"two negatives are named {row['row']}")
        out[row["row"]] = laid_over(table["base"], row)
    return out


def laid_over(base: Schema, row: dict[str, Any]) -> Any:
    """Put the members of a row's `file`, `case` and `step` in the place of the base's, null takes a member away; a `document` stands for itself."""
    if "document" in row:
        return row["document"]
    document = copy.deepcopy(base)
    case = document["cases"][0]
    for target, level in ((document, "file"), (case, "case"), (case["steps"][0], "step")):
        for name, value in row.get(level, {}).items():
            if value is None:
                target.pop(name, None)
            else:
                target[name] = value
    return document


def unnoticed(schema: Schema, negatives: Iterable[Any]) -> list[str]:
    """Name the constraints that can go without any of the negatives being accepted. The schema is put back as it was."""
    validator = jsonschema.Draft202012Validator(schema)
    # A document can hang on a constraint only if that constraint is among those that refuse it.
    by_constraint: dict[tuple[int, str], list[Any]] = defaultdict(list)
    refused_ones = [document for document in negatives if not validator.is_valid(document)]
    for document in refused_ones:
        for refused in {(id(error.schema), str(error.validator)) for error in _errors(validator.iter_errors(document))}:
            by_constraint[refused].append(document)
    out = []
    for constraint in constraints(schema):
        candidates = refused_ones if constraint.keyword == "$ref" else by_constraint[id(constraint.schema), constraint.keyword]
        with constraint.removed():
            loosened = jsonschema.Draft202012Validator(schema)
            if not any(loosened.is_valid(document) for document in candidates):
                out.append(str(constraint))
    return out


def _errors(errors: Iterable[jsonschema.ValidationError]) -> Iterator[jsonschema.ValidationError]:
    for error in errors:
        yield error
        yield from _errors(error.context or ())
