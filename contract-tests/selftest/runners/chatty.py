"""A runner that prints what is not protocol."""

from _bad import serve


def answer(_message: dict) -> dict:
    """Say hello to the world first."""
    print("hello, world")
    return {"result": {}}


serve(answer)
