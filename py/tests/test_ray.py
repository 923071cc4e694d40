"""What `dynamorm.ray` refuses without a cluster; what it does on one is among the integration tests."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated, Any

import pytest

from dynamorm import Client, Model, PartitionKey, errors, ray
from dynamorm.testing import Script


class Person(Model, table="people"):
    id: Annotated[str, PartitionKey()]


class Member(Model, table="members"):
    id: Annotated[str, PartitionKey()]


def connect() -> Client:
    return Client(transport=Script([]))


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"workers": 0}, errors.ValidationFailedError),
        ({"max_attempts": 0}, errors.ValidationFailedError),
        ({"segments": 0}, errors.ValidationFailedError),
        ({"cursor": "x"}, errors.InvalidCursorError),
        ({"segment": 1}, TypeError),
        ({"concurrency": 2}, TypeError),
        ({"nothing": 2}, TypeError),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused_before_ray_is_asked(
    options: dict[str, Any], kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "import_module", lambda _name: pytest.fail("Ray is asked"))
    with pytest.raises(kind):
        ray.migrate(connect, Person, target_model=Member, data_copy=True, **options)


def test_without_the_extra_it_says_what_to_install_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "dynamorm-py\[ray\]"'):
        ray.migrate(connect, Person, target_model=Member, data_copy=True)


def test_a_segment_that_was_lost_too_often_is_told_in_a_sentence() -> None:
    lost = ray.SegmentLostError(3, 5, "cursor")
    assert str(lost) == "segment 3 was given up: its worker was lost 5 times"
    assert (lost.segment, lost.attempts, lost.cursor) == (3, 5, "cursor")


def test_ray_is_imported_when_something_is_run_on_it() -> None:
    code = "import sys, dynamorm.ray; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "False\n"
