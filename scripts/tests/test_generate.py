"""generate.py: it writes what changed, and --check says what is stale."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import generate
import generators
import toolpaths

if TYPE_CHECKING:
    from pathlib import Path

WORDS_OF_DYNAMODB = 573


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(toolpaths.ROOT / "spec", tmp_path / "spec")
    shutil.copy(toolpaths.ROOT / "VERSION", tmp_path / "VERSION")
    return tmp_path


class OneFile:
    """A generator of one file."""

    def emit(self, spec: generators.Spec) -> dict[str, str]:
        return {"py/made.py": generators.header("#", "spec/errors.yaml") + f"COUNT = {len(spec.errors)}\n"}


def use(monkeypatch: pytest.MonkeyPatch, **found: generate.Generator) -> None:
    def load(_root: Path) -> dict[str, generate.Generator]:
        return found

    monkeypatch.setattr(generate, "load_generators", load)


def test_the_check_names_stale_files_and_a_run_makes_them_fresh(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, py=OneFile())
    assert generate.main(["--check"], root) == 1
    assert "stale: py/made.py (run `make generate`)" in capsys.readouterr().err
    assert generate.main([], root) == 0
    assert generate.main(["--check"], root) == 0
    (root / "py/made.py").write_text("edited by hand\n")
    assert generate.main(["--check"], root) == 1


def test_a_run_leaves_fresh_files_untouched(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, py=OneFile())
    generate.main([], root)
    before = (root / "py/made.py").stat().st_mtime_ns
    assert generate.write(root, generate.render(root)) == []
    assert (root / "py/made.py").stat().st_mtime_ns == before


def test_two_generators_cannot_write_one_file(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, py=OneFile(), ts=OneFile())
    assert generate.main([], root) == 1
    assert "the ts generator writes py/made.py" in capsys.readouterr().err


def test_a_broken_specification_ends_the_run(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch)
    (root / "spec/99-broken.md").write_text("It MUST be so.\n")
    assert generate.main([], root) == 1
    assert "99-broken.md:1" in capsys.readouterr().err


def test_the_specification_loads_in_its_own_order() -> None:
    spec = generate.load_spec(toolpaths.ROOT)
    assert spec.errors[0].code == "InvalidModel"
    assert {limit.name: limit.value for limit in spec.limits}["batch_write_max"] == 25
    assert len({error.code for error in spec.errors}) == len(spec.errors)
    aws = [name for error in spec.errors for name in error.aws]
    assert len(aws) == len(set(aws)), "an AWS error type maps to one code"
    assert set(spec.retryable_aws) <= set(aws)


def test_the_reserved_words_are_complete_and_sorted() -> None:
    words = generate.load_spec(toolpaths.ROOT).reserved_words
    assert len(words) == WORDS_OF_DYNAMODB
    assert list(words) == sorted({word.upper() for word in words})
