"""parity_comment.py: what it asks of the host, by a stand-in for `gh`, and what it writes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

import parity_comment
from toolpaths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BASE, START, HEAD = "b" * 40, "5" * 40, "a" * 40
MATRIX = (ROOT / parity_comment.MATRIX).read_text(encoding="utf-8")
CHANGED = MATRIX.replace("| DMS-BAT-001 | ✅ |", "| DMS-BAT-001 | ❌ |")
FAKE = """#!{python}
import json, pathlib, sys
folder = pathlib.Path({folder!r})
answers = json.loads((folder / "answers.json").read_text())
words = sys.argv[2:]
method = words[words.index("--method") + 1] if "--method" in words else "GET"
body = sys.stdin.read() if "--input" in words else None
with (folder / "asked.jsonl").open("a") as file:
    print(json.dumps([method, words[0], body]), file=file)
if words[0] not in answers and method == "GET":
    sys.exit("HTTP 404")
sys.stdout.write(answers.get(words[0], ""))
"""


class Host:
    """A stand-in for `gh api`: answers by path, and remembers what was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "gh"
        program.write_text(FAKE.format(python=sys.executable, folder=str(folder)), encoding="utf-8")
        program.chmod(0o755)

    def answer(
        self, head: str, *, comments: list[dict[str, Any]] | None = None, other: dict[str, str] | None = None
    ) -> None:
        contents = "repos/o/r/contents/docs/parity-matrix.md?ref="
        answers = {
            "repos/o/r/pulls/7": json.dumps({"base": {"sha": BASE}, "head": {"sha": HEAD}}),
            f"repos/o/r/compare/{BASE}...{HEAD}": json.dumps({"merge_base_commit": {"sha": START}}),
            f"{contents}{START}": MATRIX,
            f"{contents}{HEAD}": head,
            "repos/o/r/issues/7/comments?per_page=100": json.dumps([comments or []]),
        }
        (self.folder / "answers.json").write_text(json.dumps(answers | (other or {})), encoding="utf-8")

    def written(self) -> list[tuple[str, str, str]]:
        lines = (self.folder / "asked.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        return [(method, path, json.loads(body)["body"]) for method, path, body in rows if method != "GET"]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("PATH", str(tmp_path))
    return Host(tmp_path)


def comment(number: int, login: str, body: str) -> dict[str, Any]:
    return {"id": number, "user": {"login": login}, "body": body}


def test_a_difference_is_commented_once(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.answer(CHANGED, comments=[comment(1, "somebody", parity_comment.MARK)])
    assert parity_comment.main(["o/r", "7"]) == 0
    assert capsys.readouterr().out == "commented\n"
    ((method, path, body),) = host.written()
    assert (method, path) == ("POST", "repos/o/r/issues/7/comments")
    assert body.startswith(parity_comment.MARK)
    assert "| DMS-BAT-001 | Python | ✅ | ❌ | worse |" in body


def test_our_own_comment_is_kept_up_to_date(host: Host) -> None:
    ours = comment(12, parity_comment.AUTHOR, f"{parity_comment.MARK}\nold")
    host.answer(MATRIX, comments=[comment(11, parity_comment.AUTHOR, "of another job"), ours])
    assert parity_comment.main(["o/r", "7"]) == 0
    ((method, path, body),) = host.written()
    assert (method, path) == ("PATCH", "repos/o/r/issues/comments/12")
    assert "says the same" in body


def test_no_difference_says_nothing(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.answer(MATRIX)
    assert parity_comment.main(["o/r", "7"]) == 0
    assert capsys.readouterr().out == "no difference, and nothing to say\n"
    assert host.written() == []


def test_a_dry_run_writes_nothing(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.answer(CHANGED)
    assert parity_comment.main(["o/r", "7", "--dry-run"]) == 0
    assert "1 worse" in capsys.readouterr().out
    assert host.written() == []


@pytest.mark.parametrize(
    ("head", "other", "said"),
    [
        ("| @everybody |", {}, "docs/parity-matrix.md of aaaaaaaaa: line 1"),
        (MATRIX, {"repos/o/r/pulls/7": "no JSON"}, "gave no JSON"),
        (MATRIX, {"repos/o/r/pulls/7": "{}"}, "'base'"),
        (MATRIX, {f"repos/o/r/compare/{BASE}...{HEAD}": '{"merge_base_commit": {"sha": "main"}}'}, "is no commit"),
    ],
)
def test_what_the_host_says_otherwise_is_a_sentence(
    host: Host, head: str, other: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host.answer(head, other=other)
    assert parity_comment.main(["o/r", "7"]) == 1
    assert said in capsys.readouterr().err


def test_a_refusal_of_the_host_is_told(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.answer(MATRIX)
    assert parity_comment.main(["o/r", "8"]) == 1
    assert "`gh api repos/o/r/pulls/8` ended with status 1: HTTP 404" in capsys.readouterr().err


def test_a_machine_without_gh_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert parity_comment.main(["o/r", "7"]) == 1
    assert "`gh` does not run" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["o", "7"], ["o/r/../x", "7"], ["o/r", "0"], ["o/r", "seven"]])
def test_odd_arguments_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parity_comment.main(words)
