"""Transcripts from the files of a command line, with unreadable lines reported and counted."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitors.formats import files
from monitors.formats.errors import FormatError
from monitors.formats.parsed import Parsed


@dataclass(slots=True)
class Reader:
    """Iterates the transcripts of the files; `n_unreadable` counts what was reported and left out."""

    paths: Sequence[Path]
    limit: int | None = None
    is_silent: bool = False
    n_read: int = 0
    n_unreadable: int = 0

    def __iter__(self) -> Iterator[Parsed]:
        for path in self.paths:
            if self.limit is not None and self.n_read >= self.limit:
                return
            yield from self._of(path)

    def _of(self, path: Path) -> Iterator[Parsed]:
        try:
            for number, item in files.read(path):
                if isinstance(item, FormatError):
                    self._report(f"{path}:{number}: {item}")
                    continue
                self.n_read += 1
                yield item
                if self.limit is not None and self.n_read >= self.limit:
                    return
        except (OSError, EOFError) as error:
            self._report(f"{path}: cannot be read: {error}")

    def _report(self, message: str) -> None:
        self.n_unreadable += 1
        if not self.is_silent:
            sys.stderr.write(message + "\n")
