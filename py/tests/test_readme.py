from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).parent.parent
BASIC, PAGES, TRANSACTION, ENCRYPTED, STREAM = (
    (HOUSE / "samples" / name / "main.py").read_text(encoding="utf-8")
    for name in ("basic", "pages", "transaction", "encrypted", "stream-handler")
)
# What a test runs, and the type checkers read.
MIGRATION = (Path(__file__).parent / "typing" / "migrations.py").read_text(encoding="utf-8")


def test_the_readme_shows_the_samples_as_they_are() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (HOUSE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    pages = PAGES[PAGES.index("def newest(") : PAGES.index("\n\ndef use(")]
    transaction = TRANSACTION[TRANSACTION.index("def fill(") : TRANSACTION.index("\n\ndef use(")]
    encrypted = ENCRYPTED[ENCRYPTED.index("class Patient(") : ENCRYPTED.index("\n\ndef main(")]
    stream = STREAM[STREAM.index("def handler_of(") : STREAM.index("\n\ndef use(")]
    migration = MIGRATION[MIGRATION.index("def to_visitor(") : MIGRATION.index("\n\ndef never(")]
    assert blocks == [BASIC, pages, transaction, encrypted, stream, migration]
