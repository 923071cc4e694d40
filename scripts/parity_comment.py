"""The parity difference of a pull request, as one comment on it that is kept up to date.

    parity_comment.py OWNER/REPOSITORY NUMBER            reads GH_TOKEN, as `gh` does
    parity_comment.py OWNER/REPOSITORY NUMBER --dry-run  prints what it would say

It runs from the base branch with the right to comment, so it must run nothing of the pull request: both matrices are
fetched as text through the host's API, and `parity_diff` lets nothing of their text through but what it knows.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import parity_diff

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK = "<!-- parity difference; kept up to date by scripts/parity_comment.py -->"
MATRIX = "docs/parity-matrix.md"
AUTHOR = "github-actions[bot]"
GH_SECONDS = 60
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class CommentError(Exception):
    """The host did not answer as expected; the message says what."""


def gh(*words: str, body: str | None = None) -> str:
    """Ask the host's API."""
    command = ["gh", "api", *words, *(("--input", "-") if body is not None else ())]
    try:
        done = subprocess.run(
            command, input=body or "", capture_output=True, text=True, encoding="utf-8", timeout=GH_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommentError(f"`gh` does not run: {error}") from error
    if done.returncode != 0:
        raise CommentError(f"`gh api {words[0]}` ended with status {done.returncode}: {done.stderr.strip()[:500]}")
    return done.stdout


def ask(*words: str) -> Any:  # noqa: ANN401 - what the host says
    """Ask for JSON."""
    try:
        return json.loads(gh(*words))
    except ValueError as error:
        raise CommentError(f"`gh api {words[0]}` gave no JSON: {error}") from error


def commits(repository: str, number: int) -> tuple[str, str]:
    """Give where the branch left its base, and where it stands: what the base did since is not its doing."""
    pull = ask(f"repos/{repository}/pulls/{number}")
    base, head = str(pull["base"]["sha"]), str(pull["head"]["sha"])
    start = str(ask(f"repos/{repository}/compare/{base}...{head}")["merge_base_commit"]["sha"])
    for commit in (start, head):
        if _COMMIT.fullmatch(commit) is None:
            raise CommentError("the host named something that is no commit")
    return start, head


def matrix(repository: str, commit: str) -> parity_diff.Matrix:
    """Fetch and read the matrix of a commit."""
    accept = "Accept: application/vnd.github.raw+json"
    text = gh(f"repos/{repository}/contents/{MATRIX}?ref={commit}", "-H", accept)
    try:
        return parity_diff.parse(text)
    except parity_diff.ParityError as error:
        raise CommentError(f"{MATRIX} of {commit[:9]}: {error}") from error


def comment(repository: str, number: int) -> str:
    """Give the comment's text; nothing where there is no difference."""
    start, head = commits(repository, number)
    difference = parity_diff.render(matrix(repository, start), matrix(repository, head))
    if not difference:
        return ""
    return (
        f"{MARK}\n### Parity\n\nWhat `{MATRIX}` says at {head[:9]}, against {start[:9]}. "
        f"The job `contract` proves that the file is what a run of the suite gives.\n\n{difference}"
    )


def existing(repository: str, number: int) -> int | None:
    """Give our own comment's number, where there is one."""
    pages = ask(f"repos/{repository}/issues/{number}/comments?per_page=100", "--paginate", "--slurp")
    ours = [
        int(row["id"])
        for page in pages
        for row in page
        if row["user"]["login"] == AUTHOR and str(row["body"]).startswith(MARK)
    ]
    return ours[0] if ours else None


def post(repository: str, number: int) -> str:
    """Write the comment, or bring ours up to date; say what was done."""
    text, ours = comment(repository, number), existing(repository, number)
    if ours is not None:
        body = text or f"{MARK}\nThe parity matrix says the same as the base's.\n"
        gh(f"repos/{repository}/issues/comments/{ours}", "--method", "PATCH", body=json.dumps({"body": body}))
        return "the comment is up to date"
    if not text:
        return "no difference, and nothing to say"
    gh(f"repos/{repository}/issues/{number}/comments", "--method", "POST", body=json.dumps({"body": text}))
    return "commented"


def main(arguments: Sequence[str] | None = None) -> int:
    """Say what changed, where it is asked for."""
    parser = argparse.ArgumentParser(description="comment a pull request's parity difference")
    parser.add_argument("repository", help="OWNER/REPOSITORY")
    parser.add_argument("number", type=int, help="the pull request's number")
    parser.add_argument("--dry-run", action="store_true", help="print it and write nothing")
    options = parser.parse_args(arguments)
    if _REPOSITORY.fullmatch(options.repository) is None or options.number < 1:
        parser.error("expected OWNER/REPOSITORY and a number")
    try:
        if options.dry_run:
            print(comment(options.repository, options.number) or "no difference")
        else:
            print(post(options.repository, options.number))
    except CommentError as error:
        print(f"parity_comment: {error}", file=sys.stderr)
        return 1
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        print(f"parity_comment: the host's answer has another shape than its API's: {error!r}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
