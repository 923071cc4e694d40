"""Expressions: frozen trees for conditions, changes and projections, and their text."""

from .compile import Compiler
from .field import FieldPath, FieldSize, all_of, any_of, field
from .node import And, Attr, Compare, Condition, Function, Not, Or, Path, PathLike, Size, Value, parse_path, path_text
from .placeholder import Placeholders
from .scope import Scope
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
    "Not",
    "Or",
    "Owned",
    "Path",
    "PathLike",
    "Placeholders",
    "Scope",
    "Size",
    "UpdateCompiler",
    "UpdatePlan",
    "Value",
    "all_of",
    "any_of",
    "field",
    "parse_path",
    "path_text",
]
