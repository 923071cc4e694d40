"""The README shows the Python sample as it is."""

from __future__ import annotations

import re

from toolpaths import ROOT


def test_the_readmes_first_example_is_the_sample() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks[0] == (ROOT / "py/samples/basic/main.py").read_text(encoding="utf-8")
