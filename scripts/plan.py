"""Which jobs a change needs: changed paths in, jobs out.

    plan.py --base origin/main              the plan as JSON
    plan.py --base "$BASE" --github         the same, and its lines for GITHUB_OUTPUT

A house whose files changed is checked, with its contract; documents alone need what is written checked. Whatever
else changed, and whatever is not sure (an unknown path, no base, no difference), needs everything: a job too many
costs minutes, a job too few costs a broken main branch. Each job is a make target, so what runs at the host runs here.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import check
from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HOUSES = {"py/": "py", "ts/": "ts", "dynamorm/": "go"}
LANGUAGES = ",".join(HOUSES.values())
# Job -> the make target that is the job; `commits` reads no tree, and contract and docker have an argument more.
TARGETS = {
    "docs": "docs",
    "tools": "check-tools",
    "py": "check-py",
    "ts": "check-ts",
    "go": "check-go",
    "contract": "check-contract",
    "docker": "contract-live",
    "dist": "check-dist",
}
# A house's file that others stand on: the scripts load it, and the contract proves the matrix.
SHARED = ("py/src/dynamorm/local/", "docs/parity-matrix.md")
_DOCUMENT = re.compile(r"[^/]+\.md|docs/.+\.md|(?:py|ts|dynamorm)/README\.md")
# Generated files, versions, links and examples cross the houses, and take a minute: they are checked always.
ALWAYS = ("docs",)


@dataclass(frozen=True)
class Contract:
    """One run of the contract suite: a make target, and for which languages."""

    target: str
    langs: str


@dataclass(frozen=True)
class Plan:
    """The jobs of a change, and why they are these."""

    reason: str
    jobs: tuple[str, ...]
    contract: tuple[Contract, ...]

    def lines(self) -> list[str]:
        """Give the lines of GITHUB_OUTPUT, each a line of JSON."""
        members = {
            "reason": self.reason,
            "jobs": self.jobs,
            "contract": {"include": [asdict(one) for one in self.contract]},
        }
        return [f"{name}={json.dumps(value)}" for name, value in members.items()]


def everything(reason: str, *, commits: bool = False) -> Plan:
    """Plan all jobs that there are."""
    groups: set[str] = set(check.GROUPS)
    jobs = tuple(job for job in TARGETS if job != "dist" or job in groups)
    return Plan(reason, _with_commits(jobs, commits=commits), (Contract(TARGETS["contract"], LANGUAGES),))


def _with_commits(jobs: Sequence[str], *, commits: bool) -> tuple[str, ...]:
    return (*(("commits",) if commits else ()), *jobs)


def kind_of(path: str) -> str | None:
    """Give the house that a path belongs to, or `docs`; None where it is everybody's, or nobody knows.

    >>> kind_of("ts/src/client.ts"), kind_of("ts/README.md"), kind_of("spec/30-crud.md")
    ('ts', 'docs', None)
    """
    if path.startswith(SHARED):
        return None
    if _DOCUMENT.fullmatch(path):
        return "docs"
    return next((house for folder, house in HOUSES.items() if path.startswith(folder)), None)


def plan(paths: Iterable[str]) -> Plan:
    """Plan the jobs of a change of these paths.

    >>> plan(["dynamorm/client.go"]).jobs
    ('commits', 'docs', 'go', 'contract')
    """
    changed = sorted(set(paths))
    if not changed:
        return everything("no difference to the base", commits=True)
    kinds = {path: kind_of(path) for path in changed}
    shared = [path for path, kind in kinds.items() if kind is None]
    if shared:
        more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
        return everything(f"{shared[0]}{more} may concern every house", commits=True)
    houses = [house for house in HOUSES.values() if house in kinds.values()]
    wanted = {*ALWAYS, *houses, *(("contract",) if houses else ())}
    jobs = [job for job in TARGETS if job in wanted]
    reason = f"only {', '.join(houses)}" if houses else "only documents"
    return Plan(reason, _with_commits(jobs, commits=True), tuple(Contract("contract", house) for house in houses))


def changed_paths(base: str, head: str, root: Path = ROOT) -> list[str] | None:
    """Give the paths in which a branch differs from where it left its base; None where git does not know them."""
    # Of a file that moved both places count. --end-of-options: a name of a branch is never an option.
    command = ["git", "diff", "--name-only", "--no-renames", "-z", "--end-of-options", f"{base}...{head}"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return [path for path in done.stdout.split("\0") if path] if done.returncode == 0 else None


def plan_of(base: str, head: str, root: Path = ROOT) -> Plan:
    """Plan the jobs of a branch."""
    if not base:
        return everything("there is no base to compare with")
    paths = changed_paths(base, head, root)
    return everything(f"git knows no way from {base} to {head}") if paths is None else plan(paths)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Print the plan, and hand it to the host."""
    parser = argparse.ArgumentParser(description="which jobs a change needs")
    parser.add_argument("--base", default="", help="the branch or commit to compare with; none: everything")
    parser.add_argument("--head", default="HEAD", help="default: HEAD")
    parser.add_argument("--github", action="store_true", help="write the lines of GITHUB_OUTPUT, too")
    options = parser.parse_args(arguments)
    planned = plan_of(options.base, options.head, root)
    print(json.dumps(asdict(planned), indent=2))
    if options.github:
        output = os.environ.get("GITHUB_OUTPUT")
        if not output:
            print("plan: --github needs GITHUB_OUTPUT, the file of a step's outputs", file=sys.stderr)
            return 2
        with Path(output).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in planned.lines())
    return 0


if __name__ == "__main__":
    sys.exit(main())
