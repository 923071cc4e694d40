"""The READMEs show the samples as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import examples
from toolpaths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("language", examples.EXAMPLES)
def test_a_readmes_first_example_is_the_sample(language: str) -> None:
    path, code = examples.EXAMPLES[language].lift()
    assert code == (ROOT / path).read_text(encoding="utf-8")


def test_a_readme_without_a_mark_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").write_text("```python\nprint()\n```\n")
    monkeypatch.setattr(examples, "ROOT", tmp_path)
    with pytest.raises(examples.ExampleError, match=r"README\.md has no block"):
        examples.EXAMPLES["py"].lift()
