from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dynamorm import DataKeyCache, errors
from dynamorm.encryption import DataKey
from dynamorm.encryption.cache import purpose_of

SECOND = 1_000_000_000
NOTE, PIN = purpose_of("alias/app", {"a": "note"}), purpose_of("alias/app", {"a": "pin"})
FIRST, SECOND_KEY = DataKey(bytes(32), b"w1"), DataKey(bytes(32), b"w2")


@pytest.mark.parametrize(
    ("max_age", "max_uses", "max_entries"),
    [
        (0, 1, 1),
        (-1, 1, 1),
        (float("nan"), 1, 1),
        (float("inf"), 1, 1),
        ("1", 1, 1),
        (True, 1, 1),
        (1, 0, 1),
        (1, 2**32 + 1, 1),
        (1, 1.5, 1),
        (1, True, 1),
        (1, 1, 0),
        (1, 1, 1.5),
    ],
)
def test_limits_that_make_no_sense_are_refused(max_age: Any, max_uses: Any, max_entries: Any) -> None:
    with pytest.raises(errors.ValidationFailedError):
        DataKeyCache(max_age, max_uses, max_entries)


def test_the_greatest_and_smallest_limits_are_taken() -> None:
    DataKeyCache(0.001, 2**32)
    DataKeyCache(1e9, 1, 1)


def test_a_generated_key_seals_as_often_as_it_may_and_opens_on() -> None:
    cache = DataKeyCache(60, 3)
    assert cache.take(NOTE, 0) is None
    cache.keep(NOTE, FIRST, 0, generated=True)
    assert [cache.take(NOTE, 0) for _ in range(3)] == [FIRST, FIRST, None]
    assert cache.find(NOTE, b"w1", 0) == FIRST


def test_a_key_is_used_until_it_is_as_old_as_it_may_get() -> None:
    cache = DataKeyCache(60, 100)
    cache.keep(NOTE, FIRST, 5 * SECOND, generated=True)
    assert cache.take(NOTE, 65 * SECOND - 1) == FIRST
    assert cache.take(NOTE, 65 * SECOND) is None
    assert cache.find(NOTE, b"w1", 65 * SECOND - 1) == FIRST
    assert cache.find(NOTE, b"w1", 65 * SECOND) is None


def test_a_key_that_was_opened_again_opens_for_its_time_and_seals_nothing() -> None:
    cache = DataKeyCache(60, 100)
    cache.keep(NOTE, FIRST, 0, generated=True)
    cache.keep(NOTE, FIRST, 60 * SECOND, generated=False)
    assert cache.find(NOTE, b"w1", 119 * SECOND) == FIRST
    assert cache.take(NOTE, 60 * SECOND) is None


def test_a_key_that_is_opened_beside_its_maker_stays_what_it_was() -> None:
    cache = DataKeyCache(60, 100)
    cache.keep(NOTE, FIRST, 0, generated=True)
    cache.keep(NOTE, FIRST, SECOND, generated=False)
    assert cache.take(NOTE, SECOND) == FIRST
    assert cache.find(NOTE, b"w1", 60 * SECOND) is None


def test_a_key_serves_nothing_else_than_it_was_asked_for() -> None:
    cache = DataKeyCache(60, 100)
    cache.keep(NOTE, FIRST, 0, generated=True)
    others = [PIN, purpose_of("alias/other", {"a": "note"}), purpose_of("alias/app", {"a": "note", "tenant": "t"})]
    assert [cache.take(other, 0) for other in others] == [None, None, None]
    assert [cache.find(other, b"w1", 0) for other in others] == [None, None, None]
    assert cache.find(NOTE, b"w2", 0) is None


def test_the_least_recently_used_goes_first() -> None:
    cache = DataKeyCache(60, 100, 2)
    cache.keep(NOTE, FIRST, 0, generated=True)
    cache.keep(PIN, SECOND_KEY, 0, generated=True)
    assert cache.take(NOTE, 0) == FIRST
    cache.keep(NOTE, DataKey(bytes(32), b"w3"), 0, generated=False)
    assert cache.take(PIN, 0) is None
    assert cache.find(PIN, b"w2", 0) is None
    assert cache.take(NOTE, 0) == FIRST


def test_a_new_key_takes_the_place_of_a_spent_one_which_still_opens() -> None:
    cache = DataKeyCache(60, 1)
    cache.keep(NOTE, FIRST, 0, generated=True)
    cache.keep(NOTE, SECOND_KEY, 0, generated=True)
    assert cache.find(NOTE, b"w1", 0) == FIRST
    assert cache.find(NOTE, b"w2", 0) == SECOND_KEY


def test_threads_together_use_a_key_no_oftener_than_one() -> None:
    cache = DataKeyCache(60, 1_000)
    cache.keep(NOTE, FIRST, 0, generated=True)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: cache.take(NOTE, 0), range(2_000)))
    assert sum(one is not None for one in taken) == 999


def test_it_tells_how_many_keys_it_has_and_nothing_of_them() -> None:
    cache = DataKeyCache(60, 1)
    cache.keep(NOTE, DataKey(b"0123456789abcdef0123456789abcdef", b"wrapped"), 0, generated=True)
    assert repr(cache) == "DataKeyCache(1 of 1000)"
    assert "0123" not in repr(DataKey(b"0123456789abcdef0123456789abcdef", b"wrapped"))
