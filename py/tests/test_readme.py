from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).parent.parent
BASIC, PAGES = ((HOUSE / "samples" / name / "main.py").read_text(encoding="utf-8") for name in ("basic", "pages"))


def test_the_readme_shows_the_samples_as_they_are() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (HOUSE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks == [BASIC, PAGES[PAGES.index("def newest(") : PAGES.index("\n\ndef use(")]]
