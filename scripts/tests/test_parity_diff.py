"""parity_diff.py: what it says of two matrices, and what it does not let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import parity_diff
from toolpaths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "# Parity matrix\n\nwords\n\n"


def matrix(
    rows: dict[str, str],
    tier: str = "✅ 3 of 3 | ✅ 3 of 3",
    languages: str = "Python | Go",
    tail: str = "what it says",
) -> str:
    lines = [f"| tier | {languages} |", "| --- | --- | --- |", f"| P0 | {tier} |", "", "Relay: 1 of 1 pairs.", ""]
    lines += [f"| requirement | {languages} | {tail} |", "| --- | --- | --- | --- |"]
    return HEAD + "\n".join([*lines, *(f"| {name} | {cells} | {tail} |" for name, cells in rows.items())]) + "\n"


BEFORE = matrix(
    {"DMS-A01-001": "✅ | ✅", "DMS-BAT-002": "— | ✅", "DMS-CRD-003": "✅ | ✅", "DMS-CRD-009": "review | review"}
)
AFTER = matrix(
    {"DMS-A01-001": "✅ | ◐", "DMS-BAT-002": "✅ | ✅", "DMS-UPD-004": "✅ | ⚠", "DMS-CRD-009": "review | review"},
    "✅ 4 of 4 | ◐ 3 of 4",
)


def test_equal_matrices_have_no_difference() -> None:
    assert parity_diff.render(parity_diff.parse(BEFORE), parity_diff.parse(BEFORE)) == ""


def test_the_difference_begins_with_what_is_worse() -> None:
    assert parity_diff.render(parity_diff.parse(BEFORE), parity_diff.parse(AFTER)) == (
        "Cells of requirements: 1 worse, 2 gone, 1 better, 2 new.\n"
        "\n"
        "| tier | before (Python, Go) | after |\n"
        "| --- | --- | --- |\n"
        "| P0 | ✅ 3 of 3, ✅ 3 of 3 | ✅ 4 of 4, ◐ 3 of 4 |\n"
        "\n"
        "| requirement | language | before | after | |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| DMS-A01-001 | Go | ✅ | ◐ | worse |\n"
        "| DMS-CRD-003 | Python | ✅ | not there | gone |\n"
        "| DMS-CRD-003 | Go | ✅ | not there | gone |\n"
        "| DMS-BAT-002 | Python | — | ✅ | better |\n"
        "| DMS-UPD-004 | Python | not there | ✅ | new |\n"
        "| DMS-UPD-004 | Go | not there | ⚠ | new |\n"
    )


def test_a_language_that_came_is_new() -> None:
    other = BEFORE.replace("Python | Go", "Python | Rust").replace("DMS-A01-001 | ✅ | ✅", "DMS-A01-001 | ✅ | ❌")
    found = parity_diff.changes(parity_diff.parse(BEFORE), parity_diff.parse(other))
    assert [(one.language, one.kind) for one in found if one.name == "DMS-A01-001"] == [("Go", "gone"), ("Rust", "new")]


def test_what_a_review_says_is_as_good_as_a_pass() -> None:
    assert parity_diff.Change("DMS-A01-001", "Go", "review", "❌").kind == "worse"
    assert parity_diff.Change("DMS-A01-001", "Go", "⚠", "review").kind == "better"


def test_a_long_difference_is_cut() -> None:
    rows = {f"DMS-CRD-{number:03}": "✅ | ✅" for number in range(100)}
    text = parity_diff.render(parity_diff.parse(BEFORE), parity_diff.parse(matrix(rows)))
    assert text.count("\n| DMS-") == parity_diff.ROWS_MAX
    assert text.endswith("\n… and 102 more.\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Parity matrix\n",
        matrix({"DMS-A01-001": "✅ | ✅"}, languages="Python | [click](https://example.com)"),
        matrix({"DMS-A01-001": "✅ | @everybody"}),
        matrix({"DMS-A01-001": "✅"}, tail=""),
        matrix({"<script>": "✅ | ✅"}),
        matrix({"DMS-A01-001\u202e": "✅ | ✅"}),
        matrix({"DMS-A01-001": "✅ | ✅"}, tier="✅ 3 of 3 | ✅ 3 of 3<img>"),
        matrix({"DMS-A01-001": "✅ | ✅"}, tier="✅ 3 of 3"),
    ],
    ids=["nothing", "no tables", "language", "mark", "too few", "name", "odd characters", "tier", "short tier"],
)
def test_what_is_no_matrix_is_refused(text: str) -> None:
    with pytest.raises(parity_diff.ParityError):
        parity_diff.parse(text)


def test_sentences_of_a_stranger_do_not_get_through() -> None:
    after = matrix({"DMS-A01-001": "✅ | ❌"}, tail="@everybody [click](https://example.com)")
    text = parity_diff.render(parity_diff.parse(BEFORE), parity_diff.parse(after))
    assert "everybody" not in text
    assert "example.com" not in text


def test_the_repositorys_own_matrix_is_read_whole() -> None:
    text = (ROOT / "docs/parity-matrix.md").read_text(encoding="utf-8")
    found = parity_diff.parse(text)
    assert found.languages == ("Python", "TypeScript", "Go")
    assert len(found.requirements) == text.count("\n| DMS-")


def test_the_program_prints_it_or_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, head = tmp_path / "base.md", tmp_path / "head.md"
    base.write_text(BEFORE, encoding="utf-8")
    head.write_text(BEFORE, encoding="utf-8")
    assert parity_diff.main([str(base), str(head)]) == 0
    assert capsys.readouterr().out == "The parity matrices say the same.\n"
    head.write_text("| nonsense |", encoding="utf-8")
    assert parity_diff.main([str(base), str(head)]) == 2
    assert "head.md: line 1: expected" in capsys.readouterr().err
    assert parity_diff.main([str(base), str(tmp_path / "none.md")]) == 2
    assert parity_diff.main([str(base)]) == 2
