from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).parent.parent


def test_the_readme_shows_the_sample_as_it_is() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (HOUSE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks == [(HOUSE / "samples/basic/main.py").read_text(encoding="utf-8")]
