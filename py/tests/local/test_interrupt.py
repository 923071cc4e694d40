from __future__ import annotations

import os
import signal
import threading

import pytest

from dynamorm.local.interrupt import Held


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interruption_waits_for_the_end_of_the_block() -> None:
    done: list[str] = []

    def work() -> None:
        with Held():
            interrupt()
            done.append("begun and known")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["begun and known"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_that_waits_acts_first_where_it_may() -> None:
    def work() -> None:
        with Held() as held:
            interrupt()
            with held.open():
                pytest.fail("it waited still")

    with pytest.raises(KeyboardInterrupt):
        work()


def test_where_it_may_act_it_acts_at_once_and_is_held_again_after_it() -> None:
    done: list[str] = []

    def work() -> None:
        with Held() as held:
            with pytest.raises(KeyboardInterrupt), held.open():
                interrupt()
            interrupt()
            done.append("held again")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["held again"]


def test_another_thread_holds_nothing() -> None:
    found: list[object] = []

    def work() -> None:
        with Held() as held, held.open():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
