from __future__ import annotations

import importlib
import pkgutil
import types

import pytest

import dynamorm
from dynamorm import errors

NAMES = [
    "errors",
    "schema",
    "codec",
    "stream",
    "encryption",
    "expression",
    "operation",
    "transport",
    "testing",
    "local",
    "cli",
]
ROOMS = ["dynamorm", *(f"dynamorm.{name}" for name in NAMES)]


@pytest.mark.parametrize("name", ROOMS)
def test_all_is_sorted_and_holds_what_is_public(name: str) -> None:
    module = importlib.import_module(name)
    listed: list[str] = module.__all__
    kinds = {True: 0, False: 1}
    assert listed == sorted(listed, key=lambda one: (kinds[one.isupper()], kinds[one[0].isupper()], one))
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and not isinstance(value, types.ModuleType) and key != "annotations"
    }
    assert public <= set(listed)
    assert all(hasattr(module, key) for key in listed)


def test_every_public_name_has_a_sentence() -> None:
    undocumented = [
        name
        for name in dynamorm.__all__
        if isinstance(getattr(dynamorm, name), type) and not (getattr(dynamorm, name).__doc__ or "").strip()
    ]
    assert undocumented == []


def test_every_code_has_its_class_and_every_class_its_code() -> None:
    classes = [
        value for value in vars(errors).values() if isinstance(value, type) and value is not errors.DynamORMError
    ]
    for one in classes:
        assert issubclass(one, errors.DynamORMError)
        expected = one.kind or one.code
        assert one.__name__ in {expected, f"{expected}Error"}


def test_every_module_imports_alone() -> None:
    names = [info.name for info in pkgutil.walk_packages(dynamorm.__path__, "dynamorm.")]
    assert "dynamorm.transport.sdk" in names
    for name in names:
        importlib.import_module(name)
