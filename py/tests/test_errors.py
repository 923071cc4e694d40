from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from dynamorm import errors

if TYPE_CHECKING:
    from collections.abc import Callable


def failed() -> errors.DynamORMError:
    error = errors.VersionConflictError(
        "the stored item has another version", path="version", request_id="r", status=400
    )
    return error.with_item({"id": {"S": "secret"}}, dict)


def test_an_error_says_kind_place_and_fact() -> None:
    assert str(failed()) == "VersionConflict at version: the stored item has another version"
    assert str(errors.ThrottledError("slow")) == "Throttled: slow"


def pickled(error: errors.DynamORMError) -> errors.DynamORMError:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert isinstance(again, errors.DynamORMError)
    return again


@pytest.mark.parametrize("through", [copy.copy, pickled])
def test_a_copied_error_is_the_same_without_the_item(
    through: Callable[[errors.DynamORMError], errors.DynamORMError],
) -> None:
    error = through(failed())
    assert (str(error), error.path, error.request_id, error.status) == (str(failed()), "version", "r", 400)
    assert type(error) is errors.VersionConflictError
    assert error.item is None
    assert b"secret" not in pickle.dumps(failed())


def test_an_error_is_caught_by_its_code_and_by_its_kind() -> None:
    for kind in (errors.VersionConflictError, errors.ConditionFailedError, errors.DynamORMError):
        with pytest.raises(kind):
            raise failed()
