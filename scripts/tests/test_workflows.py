"""The workflows: pinned, with few rights, in time, without strangers' text in a shell; what actionlint does not ask."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import check
import plan
import toolpaths
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))
# `uses:` with a commit of 40 digits and a version of three parts beside it, or something of this repository.
PINNED = re.compile(r"uses: (?:\./\.github/\S+|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)")
# Nobody but the host, or one of our scripts, decides what these say.
TRUSTED = re.compile(
    r"github\.token|github\.event\.pull_request\.(?:number|base\.sha|head\.sha)|github\.ref(?:_name)?"
    r"|github\.event_name == 'pull_request'|matrix\.\w+|inputs\.\w+|steps\.plan\.outputs\.\w+"
    r"|needs\.plan\.outputs\.\w+|toJSON\(needs\)|fromJSON\(inputs\.matrix\)"
)
MAY_WRITE = {"parity.comment": {"pull-requests"}, "release.publish": {"contents", "id-token", "attestations"}}


@cache
def load(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in load(path)["jobs"].items():
            yield f"{path.stem}.{name}", job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs():
        for step in job.get("steps", ()):
            yield name, step
    for path in ACTIONS:
        for step in load(path)["runs"]["steps"]:
            yield path.parent.name, step


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: str(path.relative_to(ROOT / ".github")))
def test_every_action_of_others_is_pinned_by_commit_with_its_version(path: Path) -> None:
    lines = [line.strip().removeprefix("- ") for line in path.read_text(encoding="utf-8").splitlines()]
    used = [line for line in lines if line.startswith("uses:")]
    assert [line for line in used if PINNED.fullmatch(line) is None] == []


def test_one_action_has_one_commit() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (*WORKFLOWS, *ACTIONS))
    pins = set(re.findall(r"uses: ([\w.-]+/[\w./-]+)@(\S+ # \S+)", texts))
    assert len(pins) == len({action for action, _ in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_begin_with_reading_or_with_nothing(path: Path) -> None:
    assert load(path)["permissions"] in ({"contents": "read"}, {})


def test_only_these_jobs_may_write() -> None:
    asked = {
        name: {right for right, level in job.get("permissions", {}).items() if level == "write"} for name, job in jobs()
    }
    assert {name: rights for name, rights in asked.items() if rights} == MAY_WRITE


def test_every_job_ends_in_time() -> None:
    lacking = [name for name, job in jobs() if "uses" not in job and not 0 < job.get("timeout-minutes", 0) <= 60]
    assert lacking == []


def test_no_checkout_leaves_its_token_behind() -> None:
    found = [(name, step["with"]) for name, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert found
    assert [name for name, given in found if given.get("persist-credentials") is not False] == []


def test_no_expression_stands_in_a_shell() -> None:
    assert [name for name, step in steps() if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: str(path.relative_to(ROOT / ".github")))
def test_what_a_stranger_writes_is_in_no_expression(path: Path) -> None:
    used = re.findall(r"\$\{\{\s*(.*?)\s*\}\}", path.read_text(encoding="utf-8"))
    assert [text for text in used if TRUSTED.fullmatch(text) is None] == []


def test_a_pipe_fails_where_any_of_it_fails() -> None:
    pipes = [step for _, step in steps() if re.search(r"[^|]\|[^|]", step.get("run", "").replace("|| true", ""))]
    assert [step for step in pipes if step.get("shell") != "bash"] == []


def test_the_job_that_comments_runs_nothing_of_the_pull_request() -> None:
    workflow = load(ROOT / ".github/workflows/parity.yml")
    checkout, comment = workflow["jobs"]["comment"]["steps"]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert comment["run"] == 'python3 scripts/parity_comment.py "$GITHUB_REPOSITORY" "$NUMBER"'
    targets = [path.stem for path in WORKFLOWS if "pull_request_target" in load(path)[True]]  # `on` is YAML 1.1's true
    assert targets == ["parity"]


def test_the_gate_waits_for_every_job_and_reports_always() -> None:
    found = load(ROOT / ".github/workflows/ci.yml")["jobs"]
    assert found["gate"]["if"] == "always()"
    assert set(found["gate"]["needs"]) == set(found) - {"gate"}


def test_every_job_runs_where_the_plan_has_it_and_nowhere_else() -> None:
    found = load(ROOT / ".github/workflows/ci.yml")["jobs"]
    planned = set(found) - {"gate", "plan"}
    assert planned == {"commits", *plan.TARGETS}
    for job in planned:
        assert found[job]["if"] == f"contains(fromJSON(needs.plan.outputs.jobs), '{job}')"


def test_a_job_is_the_make_target_that_the_plan_names() -> None:
    found = load(ROOT / ".github/workflows/ci.yml")["jobs"]
    for job, target in plan.TARGETS.items():
        called = found[job].get("uses")
        own = load(ROOT / called)["jobs"][job] if called else found[job]
        lines = [step["run"] for step in own["steps"] if "run" in step]
        wanted = 'make "$TARGET_OF_MAKE" LANGS="$LANGS"' if job == "contract" else f"make {target}"
        assert wanted in lines


def test_the_images_are_the_versions_that_the_suite_runs_on() -> None:
    engine = f"amazon/dynamodb-local:{toolpaths.jvm.version()}"
    moto = re.findall(r"^moto==(\S+)", (ROOT / "scripts/requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    compose = load(ROOT / "docker-compose.yml")["services"]
    assert compose["dynamodb"]["image"] == engine
    assert compose["kms"]["image"] == f"motoserver/moto:{moto[0]}"
    assert load(ROOT / ".github/workflows/ci.yml")["jobs"]["docker"]["services"]["dynamodb"]["image"] == engine


def test_every_shell_script_is_shellchecks() -> None:
    command = ["git", "grep", "--untracked", "-lE", r"^#!.*\b(ba|da|z)?sh\b"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    scripts = [name for name in done.stdout.splitlines() if (ROOT / name).read_text(encoding="utf-8").startswith("#!")]
    assert sorted(scripts) == sorted(check.SHELL_SCRIPTS)


def test_every_issue_form_is_looked_at() -> None:
    forms = {f".github/ISSUE_TEMPLATE/{path.name}" for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")}
    assert forms - {".github/ISSUE_TEMPLATE/config.yml"} == set(check.SHAPES["github-issue-forms"])


def test_pre_commit_calls_gates_that_there_are() -> None:
    hooks = load(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    calls = [hook["entry"].split()[2:] for hook in hooks if "check.py" in hook["entry"]]
    assert calls
    for words in calls:
        assert set(words) <= {*check.GROUPS, *check.HOUSES}
        assert check.select(check.all_gates(), words)
