"""`dynamorm contract`: the contract suite for those who write a library of their own; it runs their runner."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..local import EngineError, Wanted, start, stop
from ..local.state import path_of
from ..testing.engines import check_apart
from .output import FOUND, CommandError, Json, console, examples, say, say_json, say_text, styled, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from dynamorm_contract.outside import Asked

TARGETS = ("pure", "wire", "live")
LIVE = "live"
_LEFT_OUT = "the live target is left out: it needs --endpoint-url or --local"
_PASSED = ("passed", "failed", "not_supported")

app = typer.Typer(
    help="The contract suite: every promise of the specification, proven on a runner of yours.",
    no_args_is_help=True,
    epilog=examples(
        "contract run --tier P0 -- python runner.py", "contract list --tier P0", "contract protocol | less"
    ),
)
Tiers = Annotated[
    list[str] | None, typer.Option("--tier", metavar="TIER", help="Only these tiers, P0 and on; several times or a,b.")
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="TARGET",
        help=f"Only these targets: {', '.join(TARGETS)}; several times or a,b.",
        autocompletion=lambda: list(TARGETS),
    ),
]
Pattern = Annotated[
    str | None, typer.Option("--filter", metavar="PATTERN", help="Only cases whose ID has this in it, or fits as glob.")
]
Cases = Annotated[
    Path | None,
    typer.Option("--cases", metavar="DIR", exists=True, file_okay=False, help="Cases of your own, too: DIR/cases."),
]


@app.command(
    "run",
    context_settings={"allow_interspersed_args": False},
    epilog=examples(
        "contract run --tier P0 --target pure,wire -- python runner.py",
        "contract run --local --results results.jsonl -- ./runner",
        "contract run --filter p0-create-golden --json -- node runner.js",
    ),
)
def run_command(
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND...", help="What starts your runner, in this folder.")
    ],
    *,
    endpoint_url: Annotated[
        str | None, typer.Option("--endpoint-url", metavar="URL", help="The DynamoDB Local of the live target.")
    ] = None,
    local: Annotated[
        bool, typer.Option("--local", help="Start a DynamoDB Local for the live target, and stop it.")
    ] = False,
    tier: Tiers = None,
    target: Targets = None,
    pattern: Pattern = None,
    cases: Cases = None,
    results: Annotated[
        Path | None,
        typer.Option("--results", metavar="FILE", dir_okay=False, help="Write each result as a line of JSON."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the suite on your runner: a program that speaks the protocol of `dynamorm contract protocol`.

    Cases come from three targets: pure (values alone), wire (an endpoint of the suite's, which plays its part), and
    live (a real DynamoDB Local, on which the suite makes and deletes tables of an access key of its own).
    Exit 0 where all is green, 1 where a case failed, 3 where they could not be run.
    """
    if local and endpoint_url is not None:
        raise typer.BadParameter("--local and --endpoint-url exclude each other")
    if results is not None and not results.absolute().parent.is_dir():
        raise typer.BadParameter(f"the folder of {results} does not exist", param_hint="--results")
    asked = _asked(tier, target, pattern, cases)
    if list(asked.targets) == [LIVE] and not local and endpoint_url is None:
        raise typer.BadParameter("the live target needs --endpoint-url or --local", param_hint="--target")
    from dynamorm_contract import outside  # noqa: PLC0415 - of the extra; `_asked` has seen that it is there

    with _suite_errors(), _endpoint(endpoint_url, local=local) as endpoint, _told() as told:
        done = outside.run(command, asked, endpoint, told=told)
    if results is not None:
        outside.write_lines(results, done)
    left_out = [LIVE] if LIVE in asked.targets and endpoint is None else []
    figures = outside.figures(done) | {"targets": [one for one in asked.targets if one not in left_out]}
    if as_json:
        say_json(figures | {"left_out": left_out, "seconds": round(done.seconds, 1)})
    else:
        _show(figures, done.seconds, left_out)
    _end(figures, command)


@app.command("list", epilog=examples("contract list --tier P0", "contract list --filter 'p0-create-*' --json"))
def list_command(
    *, tier: Tiers = None, target: Targets = None, pattern: Pattern = None, cases: Cases = None, as_json: Json = False
) -> None:
    """Name the cases: ID, tier and targets; as JSON also the sentences of the specification that each one proves."""
    asked = _asked(tier, target, pattern, cases)
    from dynamorm_contract import outside  # noqa: PLC0415 - see run_command

    with _suite_errors(), _told():
        found = outside.cases(asked)
    rows = [{"id": case.id, "tier": case.tier, "targets": case.targets, "covers": case.covers} for case in found]
    if as_json:
        say_json(rows)
        return
    width = max((len(row["id"]) for row in rows), default=0)
    for row in rows:
        say(f"{row['id']:{width}}  {row['tier']}  {','.join(row['targets'])}")
    say(f"{len(rows)} case{'' if len(rows) == 1 else 's'}", stderr=True)


@app.command("protocol", epilog=examples("contract protocol | less", "contract protocol > protocol.md"))
def protocol_command() -> None:
    """Print the page that tells how a runner is written: its commands, values and operations."""
    _need_the_extra()
    from dynamorm_contract import outside  # noqa: PLC0415 - see run_command

    say_text(outside.protocol().read_text(encoding="utf-8"))


def _need_the_extra() -> None:
    """Say what is to be installed, where it is not."""
    try:
        import_module("dynamorm_contract.outside")
    except ModuleNotFoundError as error:
        sentence = (
            f'the contract suite needs more packages ({error.name} is missing): pip install "dynamorm-py[contract]"'
        )
        raise CommandError(sentence) from error


def _asked(tier: list[str] | None, target: list[str] | None, pattern: str | None, cases: Path | None) -> Asked:
    _need_the_extra()
    from dynamorm_contract import outside  # noqa: PLC0415 - see run_command

    return outside.Asked(_words(target) or TARGETS, _words(tier), pattern, cases)


def _words(given: list[str] | None) -> list[str]:
    """Give the words of an option that is repeated, or has several by comma."""
    return [word for one in given or [] for word in map(str.strip, one.split(",")) if word]


@contextlib.contextmanager
def _suite_errors() -> Generator[None]:
    """Make what the suite and the engine say sentences of the command."""
    from dynamorm_contract import outside  # noqa: PLC0415 - see run_command

    try:
        yield
    except (EngineError, *outside.UNUSABLE) as error:
        raise CommandError(str(error)) from error


@contextlib.contextmanager
def _endpoint(url: str | None, *, local: bool) -> Generator[str | None]:
    """Give the endpoint of the live target, where there is one; an engine of our own goes with the run."""
    if not local:
        if url is not None:
            check_apart(url)
        yield url
        return
    name = f"contract-{os.getpid()}"
    try:
        yield start(name, Wanted(memory=True))[0].endpoint
    finally:
        stop(name)
        for ending in ("log", "lock"):
            path_of(name, ending).unlink(missing_ok=True)


@contextlib.contextmanager
def _told() -> Generator[Callable[[int, int], None]]:
    """Show on a terminal how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    on_terminal = sys.stderr.isatty()
    with Progress(*columns, console=console(stderr=True), transient=True, disable=not on_terminal) as bar:
        task = bar.add_task("reading the cases", total=None)
        yield lambda done, planned: bar.update(task, description="running", completed=done, total=planned)


def _show(figures: dict[str, Any], seconds: float, left_out: list[str]) -> None:
    for line in figures["failures"]:
        where = f" {line['id']} [{line['target']}]"
        place = " at ".join(str(one) for one in (line["code"], line["at"]) if one)
        told = visible(f" {place}: {line['message']}" if place else f" {line['message']}")
        say(
            styled("failed", "bold red").append(visible(where), "not bold default").append(told, "not bold default dim")
        )
    for tier, row in figures["tiers"].items():
        numbers = ", ".join(f"{row[name]} {name.replace('_', ' ')}" for name in _PASSED)
        say(f"{tier}: {numbers} of {row['planned']}")
    ran = sum(row["planned"] for row in figures["tiers"].values())
    word = styled("green", "bold green") if figures["green"] else styled("not green", "bold red")
    say(word.append(f": {ran} of {figures['planned']} ran in {seconds:.1f} s on {_name(figures)}", "not bold default"))
    if left_out:
        say(_LEFT_OUT, stderr=True)


def _name(figures: dict[str, Any]) -> str:
    """Give what the runner calls itself."""
    told = figures["implementation"]
    return " ".join(str(told[key]) for key in ("impl", "version") if key in told) or "a runner that said no name"


def _end(figures: dict[str, Any], command: list[str]) -> None:
    if figures["problem"] is not None:
        raise CommandError(f"`{shlex.join(command)}` cannot be run: {figures['problem']}")
    if not figures["green"]:
        raise typer.Exit(FOUND)
