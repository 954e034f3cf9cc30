"""Transcripts from the files of a command line, with unreadable records reported and counted."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitors.formats import files
from monitors.formats.parsed import Parsed
from monitors.formats.slicing import Slice
from monitors.sampler import Sampler


@dataclass(slots=True)
class Reader:
    """Iterates the transcripts of files and folders; `n_unreadable` counts what was reported and left out."""

    paths: Sequence[Path]
    limit: int | None = None
    is_silent: bool = False
    n_files: int = 0
    n_read: int = 0
    n_unreadable: int = 0

    def __iter__(self) -> Iterator[Parsed]:
        for path in files.found(self.paths):
            if self.limit is not None and self.n_read >= self.limit:
                return
            self.n_files += 1
            yield from self._of(path)

    def _of(self, path: Path) -> Iterator[Parsed]:
        if not path.is_file():
            self._refuse(f"{path}: cannot be read: there is no such file")
            return
        for cut in files.records(path):
            reading = files.reading(cut)
            for refused in reading.refused:
                self._refuse(f"{_place(path, cut)}: {refused.error}")
            for note in reading.notes:
                self._tell(f"{_place(path, cut)}: {note}")
            for parsed in reading.parsed:
                self.n_read += 1
                yield _with_sampler(parsed)
                if self.limit is not None and self.n_read >= self.limit:
                    return

    def _refuse(self, message: str) -> None:
        self.n_unreadable += 1
        self._tell(message)

    def _tell(self, message: str) -> None:
        if not self.is_silent:
            sys.stderr.write(_printable(message) + "\n")


def _with_sampler(parsed: Parsed) -> Parsed:
    """How tokens were drawn is no label: monitors may see it."""
    sampler = Sampler.of(parsed.meta)
    return replace(parsed, transcript=replace(parsed.transcript, sampler=sampler)) if sampler else parsed


def _place(path: Path, cut: Slice) -> str:
    return f"{path}!{cut.member}:{cut.number}" if cut.member else f"{path}:{cut.number}"


def _printable(text: str) -> str:
    """A terminal obeys control characters in names: they are shown instead."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
