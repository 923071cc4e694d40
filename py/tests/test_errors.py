from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from dynamorm import ItemKey, errors

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


def canceled() -> errors.TransactionCanceledError:
    return errors.TransactionCanceledError("cancelled").with_reasons([None, failed()])


def incomplete() -> errors.BatchIncompleteError:
    keys = [ItemKey("Order", {"id": "secret"})]
    return errors.BatchIncompleteError("ended").with_keys(keys, keys, keys, lambda: ["secret"])


@pytest.mark.parametrize("through", [copy.copy, pickled])
def test_a_copied_error_of_many_items_is_the_same_without_their_values(
    through: Callable[[errors.DynamORMError], errors.DynamORMError],
) -> None:
    again = through(canceled())
    assert isinstance(again, errors.TransactionCanceledError)
    assert [None if one is None else (one.kind, one.item) for one in again.reasons] == [None, ("VersionConflict", None)]
    ended = through(incomplete())
    assert isinstance(ended, errors.BatchIncompleteError)
    assert [list(ended.done), list(ended.undone), list(ended.unknown), ended.items] == [[]] * 4
    assert b"secret" not in pickle.dumps(canceled()) + pickle.dumps(incomplete())


def test_no_value_of_many_items_stands_where_an_error_is_printed() -> None:
    error = incomplete()
    assert (error.done[0].key, error.items) == ({"id": "secret"}, ["secret"])
    assert "secret" not in f"{error}{error!r}{vars(error)}{error.done}{canceled()!r}{canceled().reasons}"


def test_an_error_is_caught_by_its_code_and_by_its_kind() -> None:
    for kind in (errors.VersionConflictError, errors.ConditionFailedError, errors.DynamORMError):
        with pytest.raises(kind):
            raise failed()
