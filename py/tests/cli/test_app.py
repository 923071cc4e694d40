from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.main import get_command

import dynamorm
from dynamorm.cli import app, output

from .command import NOTE, ran, run_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    Command = Any

COMMANDS = [
    ["local", "start"],
    ["local", "status"],
    ["local", "stop"],
    ["dms", "validate"],
    ["dms", "format"],
    ["dms", "diff"],
    ["dms", "upgrade"],
    ["contract", "run"],
    ["contract", "list"],
    ["contract", "protocol"],
    *(["table", name] for name in ("create", "ensure", "describe", "drift", "delete", "list", "export")),
    ["migrate"],
]


def leaves(command: Command, path: tuple[str, ...] = ()) -> Iterator[list[str]]:
    members: dict[str, Command] = getattr(command, "commands", {})
    for name, member in members.items():
        yield from leaves(member, (*path, name))
    if not members:
        yield list(path)


def test_these_are_all_commands() -> None:
    assert sorted(leaves(get_command(app))) == sorted(COMMANDS)


@pytest.mark.parametrize("path", [[], ["local"], ["dms"], ["contract"], ["table"], *COMMANDS], ids=" ".join)
def test_every_help_has_an_example_and_the_exit_codes(path: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, *path, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"$ dynamorm {' '.join(path)}".strip() in done.out
    assert "Exit codes: 0 fine" in done.out


def test_the_version_is_the_librarys(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "--version")
    assert (done.code, done.out, done.err) == (0, f"dynamorm {dynamorm.__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["dms", "diff", "one"], ["--what"], ["local", "start", "--port", "x"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, *arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err


def test_the_library_imports_nothing_of_the_command() -> None:
    code = "import sys, dynamorm, dynamorm.testing; print({'typer', 'rich', 'docker', 'pytest'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "set()\n"


def test_an_error_is_a_sentence_and_a_traceback_only_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "dms", "validate", "not-there.yaml")
    assert done == type(done)(3, "", "dynamorm: not-there.yaml cannot be read: No such file or directory\n")
    assert "Traceback" in ran(capsys, "--debug", "dms", "validate", "not-there.yaml").err
    assert "Traceback" not in ran(capsys, "dms", "validate", "not-there.yaml").err


def test_debug_can_be_set_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DYNAMORM_DEBUG", "1")
    assert "Traceback" in ran(capsys, "dms", "validate", "not-there.yaml").err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (dynamorm.errors.InvalidModelError("a fact", path="/models/0"), "InvalidModel at /models/0: a fact"),
        (output.CommandError("a sentence"), "a sentence"),
        (FileNotFoundError(2, "No such file", "x.yaml"), "No such file: x.yaml"),
        (OSError("odd"), "OSError: odd"),
        (KeyError("a"), "KeyError: 'a'"),
        (AssertionError(), "AssertionError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_error_has_its_sentence(
    error: Exception, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        output.guarded(work)
    assert ended.value.exit_code == 3
    assert capsys.readouterr().err == f"dynamorm: {sentence}\n"


def test_a_sentence_spells_what_a_terminal_would_obey(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("a\x1b[2Jb [bold]c")
    assert capsys.readouterr().out == "a\\x1b[2Jb [bold]c\n"


def on_a_terminal(*arguments: str, program: Sequence[str] = ("-m", "dynamorm"), **environment: str) -> str:
    parent, child = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, *program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=child,
        stderr=child,
        env={**variables, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    )
    os.close(child)
    said = b""
    while True:
        try:
            piece = os.read(parent, 4096)
        except OSError:  # what Linux says at the end of a terminal
            break
        if not piece:
            break
        said += piece
    os.close(parent)
    process.wait()
    return said.decode()


def test_colours_are_for_terminals_alone_and_not_where_nobody_wants_them(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("models: []\n")
    assert "\x1b[" in on_a_terminal("dms", "validate", str(file))
    assert "\x1b[" not in on_a_terminal("dms", "validate", str(file), NO_COLOR="1")
    assert "\x1b[" not in run_program("dms", "validate", str(file)).out


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "note.yaml"
    file.write_text(NOTE)
    command = [sys.executable, "-m", "dynamorm", "dms", "validate", *[str(file)] * 3000]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_an_interruption_ends_with_130_and_says_nothing() -> None:
    command = [sys.executable, "-m", "dynamorm", "dms", "validate", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"#" * 2**18)  # more than a pipe holds: once it is written, the command waits for the rest
        assert _interrupted(process) == 130
        assert b"Traceback" not in process.stderr.read()


def _interrupted(process: subprocess.Popen[bytes]) -> int:
    """Interrupt a process, and again: a signal that comes just before a read is not heard until the read ends."""
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(20)
    raise AssertionError("it does not end")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_the_commands(shell: str) -> None:
    done = run_program(
        _DYNAMORM_COMPLETE=f"complete_{shell}",
        COMP_WORDS="dynamorm dms ",
        COMP_CWORD="2",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_ARGS="dynamorm dms ",
    )
    assert "validate" in done.out
