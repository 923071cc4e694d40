"""The file that tells where a migration is: whole at any moment, of one migration, and written by one run at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

_Mark = tuple[int, int, int]


class CursorFile:
    """A migration's cursor beside what the migration is of, which has to be the same when it goes on."""

    def __init__(self, file: str, migration: Mapping[str, str | None]) -> None:
        """Read the file where there is one.

        Raises CommandError where it cannot be read or written, and where it is of another migration.
        """
        self._file, self._path, self._migration = file, Path(file), dict(migration)
        # The half stands beside the whole, under one name: what a killed run left is written over by the next.
        self._half = self._path.with_name(f".{self._path.name}.part")
        self._mark = self._marked()
        self.cursor = None if self._mark is None else self._read()
        try:
            self._half.touch()
            self._half.unlink()
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}") from error

    def _read(self) -> str:
        try:
            found: Any = json.loads(self._path.read_text(encoding="utf-8"))
            cursor, migration = found.pop("cursor"), found
        except OSError as error:
            raise CommandError(f"{self._file} cannot be read: {error.strerror}") from error
        except (ValueError, LookupError, TypeError, AttributeError):
            raise CommandError(f"{self._file} is no cursor file of a migration") from None
        if migration != self._migration:
            was = ", ".join(f"{name} {migration.get(name) or '-'}" for name in self._migration)
            raise CommandError(f"{self._file} is of another migration ({was}): give each one a file of its own")
        return str(cursor)

    def write(self, cursor: str) -> None:
        """Write how far it is; whoever reads or dies at any moment finds the one before or this one.

        Raises CommandError where somebody else has written the file meanwhile.
        """
        if self._marked() != self._mark:
            raise CommandError(f"another run writes to {self._file}: give each one a file of its own")
        try:
            with self._half.open("w", encoding="utf-8") as out:
                out.write(json.dumps({**self._migration, "cursor": cursor}) + "\n")
                out.flush()
                os.fsync(out.fileno())
            self._half.replace(self._path)
        except OSError as error:
            raise CommandError(f"{self._file} cannot be written: {error.strerror}") from error
        self._mark = self._marked()

    def _marked(self) -> _Mark | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CommandError(f"{self._file} cannot be read: {error.strerror}") from error
        return found.st_ino, found.st_mtime_ns, found.st_size
