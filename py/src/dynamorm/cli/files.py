"""Documents from files and from standard input, and what is wrong with them, with the line."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..documents.locate import line_of
from ..errors import InvalidModelError
from .output import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

STDIN = "-"
_LINE = re.compile(r"\bline (\d+)")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a document: the error's code, its JSON Pointer, the fact, and the line it is about."""

    file: str
    line: int | None
    code: str
    path: str
    fact: str

    def __str__(self) -> str:
        """Give it as compilers do, so that editors jump to the line."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.code} at {self.path or 'the document'}: {self.fact}"

    def as_dict(self) -> dict[str, Any]:
        """Give it for JSON."""
        return asdict(self)


def read(file: str) -> bytes:
    """Read a file, or standard input."""
    if file == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error


def decode(content: bytes, file: str) -> str | Fault:
    """Give a document's text; a document is UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Fault(file, line, "InvalidModel", "", "the text is not UTF-8")


def fault_of(text: str, file: str, error: InvalidModelError) -> Fault:
    """Say where an error of a document's text is."""
    fact = error.fact
    named = _LINE.search(fact) if not error.path else None
    line = int(named[1]) if named else line_of(text, error.path or "")
    return Fault(file, line, error.code, error.path or "", fact)


T = TypeVar("T")


def tried(file: str, work: Callable[[str], T]) -> tuple[str, T | Fault]:
    """Do something with a file's document; give its text, and what came of it or the fault of the document."""
    text = decode(read(file), file)
    if isinstance(text, Fault):
        return "", text
    try:
        return text, work(text)
    except InvalidModelError as error:
        return text, fault_of(text, file, error)


def needed(file: str, work: Callable[[str], T]) -> tuple[str, T]:
    """Do something with a file's document that cannot be done without."""
    text, found = tried(file, work)
    if isinstance(found, Fault):
        raise CommandError(str(found))
    return text, found


def write(file: str, text: str) -> None:
    """Write a file anew; another program sees the old one or the new one, and its mode stays."""
    path = Path(file).resolve()
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as out:
            out.write(text.encode())
        Path(name).chmod(path.stat().st_mode & 0o7777)
        Path(name).replace(path)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from error
