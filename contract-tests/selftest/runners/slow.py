"""A runner that does not answer in time."""

import time

from _bad import serve


def answer(_message: dict) -> dict:
    """Sleep past every time-out."""
    time.sleep(60)
    return {"result": {}}


serve(answer)
