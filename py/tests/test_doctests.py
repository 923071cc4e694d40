from __future__ import annotations

import doctest
import importlib
import pkgutil

import dynamorm


def test_every_example_in_a_docstring_is_true() -> None:
    modules = [importlib.import_module(info.name) for info in pkgutil.walk_packages(dynamorm.__path__, "dynamorm.")]
    results = [doctest.testmod(module) for module in modules]
    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0
