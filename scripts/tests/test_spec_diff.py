"""spec_diff.py: what a later version of DMS may change, and which version it needs then."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import requirements_index
import spec_diff
import toolpaths

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = "spec/00-conventions.md"
SCHEMA = "spec/schemas/dms-1.0.schema.json"
NOTE = f"{spec_diff.CORPUS}/note.yaml"


@pytest.fixture
def unreleased(tmp_path: Path) -> Path:
    """Give a copy of the specification, of which nothing is released."""
    shutil.copytree(toolpaths.ROOT / "spec", tmp_path / "spec")
    (schema,) = (tmp_path / "spec/schemas").glob("dms-*.schema.json")
    schema.rename(tmp_path / SCHEMA)
    (tmp_path / "spec/VERSION").write_text("1.0\n")
    (tmp_path / spec_diff.CORPUS).mkdir(parents=True)
    for path in (toolpaths.ROOT / spec_diff.CORPUS).glob("[ns]*.*"):  # some of them, for each takes its time to read
        shutil.copy(path, tmp_path / spec_diff.CORPUS)
    (tmp_path / spec_diff.RELEASED).unlink(missing_ok=True)
    (tmp_path / "VERSION").write_text("0.1.0\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 0.1.0-rc.1 - 2026-12-01\n")
    return tmp_path


@pytest.fixture
def root(unreleased: Path) -> Path:
    """Give it as it stands behind a release."""
    assert spec_diff.main(["keep"], unreleased) == 0
    return unreleased


def replace(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_bytes().decode("utf-8")
    assert old in text
    (root / path).write_bytes(text.replace(old, new, 1).encode("utf-8"))


def told(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    capsys.readouterr()
    status = spec_diff.main([], root)
    out, err = capsys.readouterr()
    assert bool(err) == (status == 1)
    return status, (out + err).splitlines()


def test_the_repositorys_own_version_fits() -> None:
    assert spec_diff.main([]) == 0


def test_before_the_first_release_the_check_says_that_it_compared_nothing(
    unreleased: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "spec/released.json: nothing of DMS is released yet, so there is nothing to compare with"
    assert told(unreleased, capsys) == (0, [line])


def test_after_a_release_what_it_kept_has_to_be_there(unreleased: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (unreleased / "CHANGELOG.md").write_text("# Changelog\n\n## 0.1.0 - 2026-12-01\n\n- All.\n")
    line = "spec/released.json: missing, though CHANGELOG.md has the release 0.1.0, which wrote it"
    assert told(unreleased, capsys) == (1, [line])


def test_a_release_keeps_what_is_promised(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = json.loads((root / spec_diff.RELEASED).read_text(encoding="utf-8"))
    assert (kept["release"], kept["dms"]) == ("0.1.0", "1.0")
    assert len(kept["facts"]["requirement"]) == len(requirements_index.read(root / "spec"))
    assert {"note.yaml", "shop.yaml"} <= set(kept["documents"])
    assert len(kept["documents"]) == len(list((root / spec_diff.CORPUS).glob("*.canonical.json")))
    assert all(kept["facts"].values())
    assert told(root, capsys) == (0, ["no difference to DMS 1.0; spec/VERSION says 1.0"])


def test_keeping_twice_writes_the_same(root: Path) -> None:
    before = (root / spec_diff.RELEASED).read_bytes()
    spec_diff.keep(root)
    assert (root / spec_diff.RELEASED).read_bytes() == before


def test_a_candidate_promises_nothing(unreleased: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (unreleased / "VERSION").write_text("0.1.0-rc.1\n")
    assert spec_diff.main(["keep"], unreleased) == 1
    assert capsys.readouterr().err == "VERSION: 0.1.0-rc.1 is a candidate, which promises nothing\n"
    assert not (unreleased / spec_diff.RELEASED).exists()


def _requirement_goes(root: Path) -> None:
    lines = (root / PAGE).read_text(encoding="utf-8").splitlines(keepends=True)
    (root / PAGE).write_text("".join(line for line in lines if "DMS-GEN-003" not in line), encoding="utf-8")


def _schema(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        schema = json.loads((root / SCHEMA).read_text(encoding="utf-8"))
        change(schema)
        (root / SCHEMA).write_text(json.dumps(schema), encoding="utf-8")

    return plant


def _tags_go(schema: dict[str, Any]) -> None:
    del schema["properties"]["tags"]


def _notes_come(schema: dict[str, Any]) -> None:
    schema["properties"]["notes"] = {}


def _text(path: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda root: replace(root, path, old, new)


ERRORS, CAPABILITIES, LIMITS = "spec/errors.yaml", "spec/capabilities.yaml", "spec/limits.yaml"
NEW_RULE = "> **DMS-GEN-099** (MUST) Something else holds.\n\n## Changelog"
CANCEL = '  - {name: cancel, tier: P0, summary: "cancel a call under way; Python\'s SDK cannot"}\n'
NEW_CODE = "codes:\n  - {code: Tired, summary: Too late., origin: client, retryable: true, aws: []}\n"

# name: the change, the first line told without its first word
BREAKING: dict[str, tuple[Callable[[Path], None], str]] = {
    "a requirement that went": (_requirement_goes, "requirement DMS-GEN-003: went"),
    "another sentence": (
        _text(PAGE, "sends no request.", "sends one request."),
        "requirement DMS-GEN-003: sentence 293558b1a41d -> ",
    ),
    "another level": (
        _text(PAGE, "**DMS-GEN-003** (MUST)", "**DMS-GEN-003** (SHOULD)"),
        "requirement DMS-GEN-003: level MUST -> SHOULD",
    ),
    "another tier": (_text("spec/60-query.md", "Tier: P1", "Tier: P2"), "requirement DMS-"),
    "a code that went": (_text(ERRORS, "code: InvalidCursor", "code: WrongCursor"), "error code InvalidCursor: went"),
    "a code of another origin": (
        _text(ERRORS, "origin: client", "origin: either"),
        "error code InvalidModel: origin client -> either",
    ),
    "a kind that went": (
        _text(ERRORS, "kind: AlreadyExists", "kind: IsThere"),
        "error kind ConditionFailed.AlreadyExists: went",
    ),
    "an AWS type that went": (
        _text(ERRORS, "aws: [ConditionalCheckFailedException]", "aws: []"),
        "AWS error type ConditionalCheckFailedException: went",
    ),
    "an AWS type that is tried again": (
        _text(ERRORS, "InternalFailure: true", "InternalFailure: false"),
        "AWS error type InternalFailure: retryable True -> False",
    ),
    "a reason of another code": (
        _text(ERRORS, "AccessDenied: {code: AccessDenied}", "AccessDenied: {code: Throttled}"),
        "reason AccessDenied: code AccessDenied -> Throttled",
    ),
    "a KMS type that went": (
        _text(ERRORS, "  DisabledException: {retryable: false}\n", ""),
        "KMS error type DisabledException: went",
    ),
    "a capability that went": (_text(CAPABILITIES, CANCEL, ""), "capability cancel: went"),
    "a maximum that fell": (
        _text(LIMITS, "batch_get_max, value: 100", "batch_get_max, value: 99"),
        "limit batch_get_max: value 100 -> 99",
    ),
    "a minimum that grew": (
        _text(LIMITS, "table_name_min, value: 3", "table_name_min, value: 4"),
        "limit table_name_min: value 3 -> 4",
    ),
    "a number that is no bound": (
        _text(LIMITS, "data_key_bytes, value: 32", "data_key_bytes, value: 64"),
        "limit data_key_bytes: value 32 -> 64",
    ),
    "a member of documents that went": (_schema(_tags_go), "schema: no longer declares `tags`"),
    "a document that went": (lambda root: (root / NOTE).unlink(), "document note.yaml: went"),
    "a document in other words": (_text(NOTE, "\n", "\n\n"), "document note.yaml: was rewritten"),
}
ADDITIONS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a requirement": (_text(PAGE, "## Changelog", NEW_RULE), "requirement DMS-GEN-099: is new"),
    "a code": (_text(ERRORS, "codes:\n", NEW_CODE), "error code Tired: is new"),
    "an AWS type": (
        _text(ERRORS, "aws: [ConditionalCheckFailedException]", "aws: [ConditionalCheckFailedException, Other]"),
        "AWS error type Other: is new",
    ),
    "a reason's kind": (
        _text(ERRORS, "ThrottlingError: {code: Throttled}", "ThrottlingError: {code: Throttled, kind: Slow}"),
        "reason ThrottlingError: kind none -> Slow",
    ),
    "a capability that is mandatory": (
        _text(CAPABILITIES, "cancel, tier: P0,", 'cancel, tier: P0, mandatory_since: "1.1",'),
        "capability cancel: mandatory_since none -> 1.1",
    ),
    "a maximum that grew": (
        _text(LIMITS, "transact_max, value: 100", "transact_max, value: 200"),
        "limit transact_max: value 100 -> 200",
    ),
    "a minimum that fell": (
        _text(LIMITS, "number_exponent_min, value: -130", "number_exponent_min, value: -131"),
        "limit number_exponent_min: value -130 -> -131",
    ),
    "a member of documents": (_schema(_notes_come), "schema: declares `notes`"),
}


def _move(root: Path, dms: str) -> None:
    """Make it the specification of another version, as a person does."""
    (root / "spec/VERSION").write_text(f"{dms}\n")
    (root / SCHEMA).rename(root / f"spec/schemas/dms-{dms}.schema.json")


@pytest.mark.parametrize(("change", "line"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_needs_a_major_version(
    root: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None], line: str
) -> None:
    change(root)
    status, lines = told(root, capsys)
    assert status == 1
    assert lines[0].startswith(f"breaking  {line}")
    assert lines[-1].endswith("; spec/VERSION says 1.0, expected at least 2.0")
    (root / "spec/VERSION").write_text("1.1\n")
    shutil.copy(root / SCHEMA, root / "spec/schemas/dms-1.1.schema.json")
    assert told(root, capsys)[0] == 1
    _move(root, "2.0")
    status, lines = told(root, capsys)
    assert (status, lines[-1].rpartition("; ")[2]) == (0, "spec/VERSION says 2.0")


@pytest.mark.parametrize(("change", "line"), ADDITIONS.values(), ids=ADDITIONS)
def test_what_is_added_needs_a_minor_version(
    root: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None], line: str
) -> None:
    change(root)
    status, lines = told(root, capsys)
    assert status == 1
    assert lines[0].startswith(f"addition  {line}")
    count = f"differences to DMS 1.0: {len(lines) - 1}, breaking: 0"
    assert lines[-1] == f"{count}; spec/VERSION says 1.0, expected at least 1.1"
    _move(root, "1.1")
    status, lines = told(root, capsys)
    assert (status, lines[-1].rpartition("; ")[2]) == (0, "spec/VERSION says 1.1")


def test_prose_summaries_and_wrapping_need_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(root, PAGE, "*Model* is the description", "*Model* is what describes")
    replace(root, PAGE, "What fails before", "What fails\n> before")
    replace(root, ERRORS, "breaks a rule of DMS.", "does not keep a rule of DMS.")
    replace(root, SCHEMA, '"title": "DynamORM', '"title": "The')
    assert told(root, capsys)[0] == 0


def test_a_version_does_not_fall(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _move(root, "0.9")
    assert told(root, capsys) == (
        1,
        ["no difference to DMS 1.0; spec/VERSION says 0.9, expected at least 1.0"],
    )


def test_a_document_is_read_as_it_was_read(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Plant what the release read, for the library of today reads as it does."""
    path = root / spec_diff.RELEASED
    kept = json.loads(path.read_text(encoding="utf-8"))
    canonical = json.loads(kept["documents"]["note.yaml"]["canonical"])
    canonical["models"][0]["table"]["name"] = "elsewhere"
    kept["documents"]["note.yaml"]["canonical"] = json.dumps(canonical)
    kept["documents"]["shop.yaml"]["canonical"] = "{}"
    path.write_text(json.dumps(kept), encoding="utf-8")
    status, lines = told(root, capsys)
    assert status == 1
    assert lines[0].startswith("breaking  document note.yaml: table-changed at ")
    assert lines[1].startswith("breaking  document shop.yaml: does not load: ")


def _clarify(root: Path, sha: str | None = None, *, why: str = "it was hard to read") -> None:
    new = {one.id: one.sha for one in requirements_index.read(root / "spec")}["DMS-GEN-003"]
    entry = f'- {{id: DMS-GEN-003, sha: "{sha or new[: spec_diff.SHA_DIGITS]}", why: "{why}"}}\n'
    (root / spec_diff.CLARIFIED).write_text(entry)


def test_a_sentence_in_better_words_needs_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(root, PAGE, "sends no request.", "sends no request at all.")
    _clarify(root)
    assert told(root, capsys)[0] == 0
    spec_diff.keep(root)
    assert not (root / spec_diff.CLARIFIED).exists()
    assert told(root, capsys)[0] == 0


def test_better_words_are_those_of_one_text_and_no_other_change(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(root, PAGE, "sends no request.", "sends no request at all.")
    stale = "spec/clarified.yaml: DMS-GEN-003 did not change to the sentence of this hash"
    _clarify(root, "123456789abc")
    assert told(root, capsys) == (1, [stale])
    _clarify(root)
    replace(root, PAGE, "**DMS-GEN-003** (MUST)", "**DMS-GEN-003** (SHOULD)")
    assert told(root, capsys)[1][0] == "breaking  requirement DMS-GEN-003: level MUST -> SHOULD"
    replace(root, PAGE, "(SHOULD) What", "(MUST) What")
    replace(root, PAGE, "sends no request at all.", "sends no request.")
    _clarify(root)
    assert told(root, capsys) == (1, [stale])


@pytest.mark.parametrize(
    "text", ["- {id: DMS-GEN-003, why: because}", "DMS-GEN-003: because", "[", "- {id: a, sha: b, why: ' '}"]
)
def test_a_list_of_better_words_that_cannot_be_read_is_named(
    root: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (root / spec_diff.CLARIFIED).write_text(text)
    status, lines = told(root, capsys)
    assert (status, "clarified.yaml: " in lines[0]) == (1, True)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"dms": "1.0", "facts": {}, "schema": {}, "documents": {}}'])
def test_a_kept_file_that_cannot_be_read_is_named(root: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (root / spec_diff.RELEASED).write_text(text)
    status, lines = told(root, capsys)
    assert (status, lines[0].startswith("spec/released.json: spec/ cannot be compared with it: ")) == (1, True)


def test_a_schema_with_a_keyword_that_is_not_compared_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _schema(lambda schema: schema.update({"oneOf": []}))(root)
    assert told(root, capsys) == (1, ["schema: the comparison does not know `oneOf`"])


def test_a_corpus_without_documents_and_another_command_are_refused(unreleased: Path) -> None:
    shutil.rmtree(unreleased / spec_diff.CORPUS)
    assert spec_diff.main(["keep"], unreleased) == 1
    with pytest.raises(SystemExit, match="2"):
        spec_diff.main(["forget"], unreleased)


def test_the_whole_corpus_is_kept_and_reads_as_it_is_kept() -> None:
    kept = spec_diff.documents_of(toolpaths.ROOT)
    assert len(kept) == len(list((toolpaths.ROOT / spec_diff.CORPUS).glob("*.canonical.json")))
    assert {"json-bom.json", "yaml-cr.yaml"} <= set(kept)
    assert list(spec_diff.document_differences(toolpaths.ROOT, kept)) == []
