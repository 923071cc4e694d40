from __future__ import annotations

from typing import Any

import pytest

from dynamorm import Retries, errors
from dynamorm.operation.backoff import Attempts
from dynamorm.testing import FixedRandom

EXPECTED = {
    "the defaults": ({}, [], [None, 25, 50, 100, 200, 400, 800, 1600, 2500, 2500]),
    "drawn numbers": (
        {"max_attempts": 6, "base_ms": 100, "cap_ms": 1000},
        [0, 0.999, 0.5, 0.25, 0.333],
        [None, 0, 199, 200, 200, 333],
    ),
    "no base": ({"max_attempts": 3, "base_ms": 0}, [], [None, 0, 0]),
    "no cap": ({"max_attempts": 3, "cap_ms": 0}, [], [None, 0, 0]),
    "one attempt": ({"max_attempts": 1}, [], [None]),
}


@pytest.mark.parametrize(("settings", "numbers", "delays"), EXPECTED.values(), ids=EXPECTED)
def test_a_wait_is_a_random_part_of_what_doubles_up_to_the_cap(
    settings: dict[str, int], numbers: list[float], delays: list[int | None]
) -> None:
    attempts, got = Attempts(Retries(**settings), FixedRandom(numbers)), list[int | None]()
    while not attempts.spent:
        got.append(attempts.delay_ms())
    assert got == delays


def test_very_many_attempts_wait_no_longer_than_the_cap() -> None:
    attempts = Attempts(Retries(max_attempts=10_000), FixedRandom())
    assert [attempts.delay_ms() for _ in range(5_000)][-1] == 2_500


@pytest.mark.parametrize("settings", [{"max_attempts": 0}, {"max_attempts": -1}, {"base_ms": -1}, {"cap_ms": -1}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(errors.ValidationFailedError):
        Retries(**settings)
