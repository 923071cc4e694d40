"""Arrows point one way: a room imports itself and the rooms left of it."""

from __future__ import annotations

import ast
from pathlib import Path

import dynamorm

ROOT = Path(dynamorm.__file__).parent
CORE = ["errors", "schema", "codec", "stream", "encryption", "expression", "operation"]
ORDER = ["limits", "_version", *CORE, "transport", "keys", "client", "documents", "local"]
# What stands right of everything; it may import any room, and no room imports it.
FACES = {"__init__", "__main__", "testing", "cli", "ray"}
SDK = {
    "transport/sdk.py",
    "transport/streams.py",
    "transport/fault.py",
    "encryption/kms.py",
    "client.py",
    "testing/engines.py",
    "cli/connection.py",
}
# What stands beside the client: its tables, and what they read and write.
BESIDE = {
    "table",
    "reading",
    "actions",
    "batch",
    "bulk",
    "transaction",
    "rotation",
    "seen",
    "streaming",
    "stream_reader",
    "tables",
    "migrate",
    "copying",
}


def imports(path: Path) -> set[str]:
    """Give the absolute names of the modules that a file imports, at any level of it."""
    package = ["dynamorm", *path.relative_to(ROOT).parent.parts]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {module} if node.module else {f"{module}.{alias.name}" for alias in node.names}
    return found


def room_of(module: str) -> str:
    """Give a module's room; of encryption one file is the core's, and where keys come from is a door of its own."""
    room, _, rest = module.partition(".")
    if room == "encryption":
        return room if rest.split(".")[0] == "field" else "keys"
    return "client" if room in BESIDE else room


def own_room(path: Path) -> str:
    """Give a file's own room."""
    return room_of(".".join(path.relative_to(ROOT).with_suffix("").parts))


FILES = sorted(ROOT.rglob("*.py"))


def test_every_file_imports_only_rooms_left_of_its_own() -> None:
    assert len(FILES) > len(ORDER)
    wrong: list[str] = []
    for path in FILES:
        own = own_room(path)
        if own in FACES:
            continue
        rooms = {room_of(name.partition(".")[2]) for name in imports(path) if name.startswith("dynamorm.")}
        wrong += [f"{path.name} in {own} imports {room}" for room in rooms if ORDER.index(room) > ORDER.index(own)]
    assert wrong == []


def test_only_the_transport_and_the_client_know_the_sdk() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if any(name.split(".")[0] in {"boto3", "botocore"} for name in imports(path))
    }
    assert users == SDK


def test_nothing_left_of_the_transport_waits_or_reads_a_clock() -> None:
    forbidden = {"time", "random", "secrets", "asyncio", "threading", "socket"}
    left = [path for path in FILES if own_room(path) in CORE]
    assert [path.name for path in left if imports(path) & forbidden] == []


def test_only_the_command_knows_its_terminal_and_nothing_but_its_door_knows_the_command() -> None:
    terminal = {
        own_room(path) for path in FILES if any(name.split(".")[0] in {"typer", "rich"} for name in imports(path))
    }
    assert terminal == {"cli"}
    callers = {
        own_room(path) for path in FILES if any(f"{name}.".startswith("dynamorm.cli.") for name in imports(path))
    }
    assert callers == {"cli", "__main__"}


def test_pytest_is_known_to_the_fixtures_alone() -> None:
    users = {path.relative_to(ROOT).as_posix() for path in FILES if any(name == "pytest" for name in imports(path))}
    assert users == {"testing/fixtures.py"}


def test_the_contract_suite_is_known_to_its_command_alone() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if any(name.split(".")[0] == "dynamorm_contract" for name in imports(path))
    }
    assert users == {"cli/contract.py"}


def test_a_cluster_is_asked_for_by_its_users_alone() -> None:
    callers = {path.name for path in FILES if "dynamorm.ray" in imports(path)}
    assert callers == set()
