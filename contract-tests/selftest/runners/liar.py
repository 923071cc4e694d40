"""A runner with the right shapes and the wrong values: an honest runner (its command is in the arguments), lied about."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def lie(value: Any) -> Any:
    """Change every value, keep every shape."""
    if isinstance(value, dict):
        return {key: lie(member) for key, member in value.items()}
    if isinstance(value, list):
        return [lie(member) for member in value] or ["liar"]
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value[:-1] + ("1" if value[-1:] != "1" else "2")
    return value + 1 if isinstance(value, int) else "liar"


def main() -> None:
    """Pass every line to the honest runner and its answers back, results changed."""
    honest = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert honest.stdin is not None
    assert honest.stdout is not None
    for line in sys.stdin:
        honest.stdin.write(line)
        honest.stdin.flush()
        answer = json.loads(honest.stdout.readline())
        if "result" in answer:
            answer["result"] = lie(answer["result"]) or {"liar": True}
        print(json.dumps(answer), flush=True)
    honest.stdin.close()
    honest.wait()


main()
