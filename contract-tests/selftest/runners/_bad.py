"""What the wrong runners share: a hello that declares everything, and a loop over the lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

CAPABILITIES = yaml.safe_load((Path(__file__).resolve().parents[3] / "spec/capabilities.yaml").read_text(encoding="utf-8"))["capabilities"]


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]], opened: Callable[[dict[str, Any]], dict[str, Any]] = lambda _message: {"ok": {}}) -> None:
    """Greet like a good runner, open with `opened`, and answer calls with `answer`."""
    for line in sys.stdin:
        message = json.loads(line)
        if message["cmd"] == "hello":
            out: dict[str, Any] = {
                "ok": {"impl": "bad", "language": "bad", "version": "0", "dms": ["1.0"], "capabilities": [row["name"] for row in CAPABILITIES], "native_models": []}
            }
        elif message["cmd"] == "call":
            out = answer(message)
        else:
            out = opened(message) if message["cmd"] == "open" else {"ok": {}}
        print(json.dumps({"id": message["id"], **out}), flush=True)
