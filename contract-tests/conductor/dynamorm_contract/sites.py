"""The places where the executor can report a failure, read from its own code, so that a new check without a case that shows it alive is noticed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

EXECUTOR = Path(__file__).with_name("execute.py")
# The two helpers that make a failure for their caller: the caller's line is the site.
HELPERS = {"_raise_first", "_bad_answer"}


@dataclass(frozen=True)
class Site:
    """One check: the function it stands in, and its lines."""

    function: str
    first: int
    last: int

    def __str__(self) -> str:
        """Name the place."""
        return f"{EXECUTOR.name}:{self.first} ({self.function})"


def failure_sites(source: str) -> list[Site]:
    """Find every construction of a failure."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.name not in HELPERS]
    sites = [Site(function.name, node.lineno, node.end_lineno or node.lineno) for function in functions for node in ast.walk(function) if _is_failure(node)]
    return sorted(sites, key=lambda site: site.first)


def _is_failure(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Failure", *HELPERS}


def unproven(reached: set[int]) -> list[str]:
    """Name the sites that none of these lines belongs to."""
    sites = failure_sites(EXECUTOR.read_text(encoding="utf-8"))
    return [str(site) for site in sites if not any(site.first <= line <= site.last for line in reached)]
