"""`dynamorm local`: start, stop and find a DynamoDB Local."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - typer reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..local import DEFAULT, ENGINES, EngineError, Wanted, find, start, stop
from ..local.lines import CLIENTS, environment, exports
from .output import FOUND, CommandError, Json, examples, say, say_json, styled

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..local import State

app = typer.Typer(
    help="A real DynamoDB on this machine, for development and tests.",
    no_args_is_help=True,
    epilog=examples("local start", "local status", "local stop"),
)
Name = Annotated[str, typer.Option("--name", help="Which engine, where there are several.")]


@app.command("start", epilog=examples("local start", "local start --port 8000 --data ./dynamodb", "local start --json"))
def start_command(
    *,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port; any free one unless given.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None, typer.Option(file_okay=False, help="Keep the data in this folder.", show_default=False)
    ] = None,
    memory: Annotated[bool, typer.Option("--memory", help="Keep the data in memory (the default).")] = False,
    engine: Annotated[str, typer.Option(help=f"What runs it: {', '.join(ENGINES)}.")] = "auto",
    name: Name = DEFAULT,
    as_json: Json = False,
) -> None:
    """Start DynamoDB Local in the background, or find it where it runs, and print how to reach it.

    Docker runs it where the docker SDK is installed and a daemon answers, else Java with files that Maven brings once.
    `eval "$(dynamorm local start)"` points every SDK of the shell at it.
    """
    if data is not None and memory:
        raise typer.BadParameter("--data and --memory exclude each other")
    if engine not in ENGINES:
        raise typer.BadParameter(f"{engine!r} is none of {', '.join(ENGINES)}", param_hint="--engine")
    with _plainly():
        if sys.stderr.isatty() and find(name) is None:
            say(styled("# starting; the first time DynamoDB Local is fetched, which takes a while", "dim"), stderr=True)
        state, started = start(name, Wanted(port=port, data=data, memory=memory, engine=engine))
    _show(state, "started" if started else "runs already", as_json=as_json)


@app.command("status", epilog=examples("local status", "local status --json"))
def status_command(*, name: Name = DEFAULT, as_json: Json = False) -> None:
    """Say whether DynamoDB Local runs, and how to reach it; exit 1 where it does not."""
    with _plainly():
        state = find(name)
    if state is not None:
        _show(state, "runs", as_json=as_json)
        return
    if as_json:
        say_json({"name": name, "running": False})
    else:
        say(f"DynamoDB Local ({name}) does not run; `dynamorm local start` starts it")
    raise typer.Exit(FOUND)


@app.command("stop", epilog=examples("local stop", "local stop --name second"))
def stop_command(*, name: Name = DEFAULT, as_json: Json = False) -> None:
    """Stop what `start` started, and nothing else; it is fine where nothing runs."""
    with _plainly():
        state = stop(name)
    if as_json:
        say_json({"name": name, "stopped": state is not None, "endpoint": None if state is None else state.endpoint})
    elif state is None:
        say(f"DynamoDB Local ({name}) does not run")
    else:
        say(f"DynamoDB Local ({name}) at {state.endpoint} is stopped")


@contextlib.contextmanager
def _plainly() -> Generator[None]:
    """Make the engine's errors sentences of the command."""
    try:
        yield
    except EngineError as error:
        raise CommandError(str(error)) from error


def _show(state: State, what: str, *, as_json: bool) -> None:
    if as_json:
        facts: dict[str, Any] = {key: value for key, value in asdict(state).items() if key != "mark"}
        say_json(
            {
                **facts,
                "running": True,
                "started": what == "started",
                "environment": environment(state.endpoint),
                "clients": CLIENTS,
            }
        )
        return
    where = "in memory" if state.data is None else f"with its data in {state.data}"
    how = f" ({state.engine}, {state.version}, {where})"
    # All but the exports are comments of a shell: `eval "$(dynamorm local start)"` sets the environment.
    say(styled(f"# DynamoDB Local {what} at ", "bold").append(state.endpoint, "green").append(how, "not bold dim"))
    say("\n".join(exports(state.endpoint)))
    for language, line in CLIENTS.items():
        say(styled(f"# {language}: ", "dim").append(line, "not dim"))
