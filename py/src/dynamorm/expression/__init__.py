"""Expressions: frozen trees for conditions, changes and projections, and their text."""

from .compile import Compiler, is_above
from .field import FieldPath, FieldSize, all_of, any_of, field
from .node import (
    And,
    Attr,
    Compare,
    Condition,
    Function,
    In,
    Not,
    Or,
    Path,
    PathLike,
    Size,
    Value,
    parse_path,
    path_text,
    paths_of,
)
from .placeholder import Placeholders
from .scope import Scope
from .sort import SortCondition, sort_key
from .update import Changes, Owned, UpdateCompiler, UpdatePlan

__all__ = [
    "And",
    "Attr",
    "Changes",
    "Compare",
    "Compiler",
    "Condition",
    "FieldPath",
    "FieldSize",
    "Function",
    "In",
    "Not",
    "Or",
    "Owned",
    "Path",
    "PathLike",
    "Placeholders",
    "Scope",
    "Size",
    "SortCondition",
    "UpdateCompiler",
    "UpdatePlan",
    "Value",
    "all_of",
    "any_of",
    "field",
    "is_above",
    "parse_path",
    "path_text",
    "paths_of",
    "sort_key",
]
