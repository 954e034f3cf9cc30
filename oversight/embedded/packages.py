"""Install pinned requirements with a progress that only grows; as a file of its own, before anything is installed."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[2]
COLLECTING = re.compile(r"^Collecting ([A-Za-z0-9._-]+)|^Requirement already satisfied: ([A-Za-z0-9._-]+)")
RAW_PROGRESS = re.compile(r"^Progress (\d+) of (\d+)")
# What a person wants to see of pip's lines.
TOLD = re.compile(r"^(Downloading|Using cached|Processing|Installing)\b")

State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Progress:
    state: State
    done: int
    total: int
    message: str

    @property
    def percent(self) -> int:
        return 100 * self.done // max(1, self.total)

    def write(self, path: Path) -> None:
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(path)


class InstallFailed(RuntimeError):
    """pip ended with an error; the message is the end of what it printed."""


def pins(lines: Iterable[str]) -> dict[str, str]:
    """Name to version of every pinned requirement; not of those that only some interpreters need."""
    pairs = (line.split("==") for line in lines if "==" in line and ";" not in line and not line.startswith(("#", "-")))
    return {normal(name): version.strip() for name, version in pairs}


def missing(pinned: Mapping[str, str]) -> list[str]:
    """Those that this environment lacks or has in another version; a local label such as +cpu is fine."""
    return [name for name, version in pinned.items() if installed(name).split("+")[0] != version]


def installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


class Bar:
    """Turns pip's lines into a count that only grows; `weights` are rough megabytes, one where not given."""

    def __init__(self, weights: Mapping[str, int], report: Callable[[Progress], None]) -> None:
        self._weights = weights
        self._total = sum(weights.values()) or 1
        self._report = report
        self._finished: set[str] = set()
        self._current = ""
        self._fraction = 0.0
        self._done = 0

    def read(self, line: str) -> None:
        if found := RAW_PROGRESS.match(line):
            self._fraction = int(found[1]) / max(1, int(found[2]))
            return self.tell(f"Downloading {self._current}")
        if found := COLLECTING.match(line):
            self._finished.add(self._current)
            self._current, self._fraction = normal(found[1] or found[2]), 0.0
        if TOLD.match(line):
            self.tell(line[:100])

    def tell(self, message: str) -> None:
        done = sum(self._weights.get(name, 0) for name in self._finished - {self._current})
        done += int(self._fraction * self._weights.get(self._current, 0))
        # A later pip run names packages again that an earlier one has finished.
        self._done = min(max(self._done, done), self._total)
        self._report(Progress("running", self._done, self._total, message))


def pip(arguments: Sequence[str], bar: Bar) -> None:
    """Run pip install. Raises InstallFailed; a later call goes on where this one stopped."""
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--progress-bar", _progress_style(), *arguments]
    tail: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as running:
        assert running.stdout is not None  # noqa: S101 - for mypy: it was opened as a pipe
        for line in _lines(running.stdout):
            bar.read(line)
            tail = [*tail[-4:], line]
    if running.returncode != 0:
        errors = [line for line in tail if "ERROR" in line] or tail[-1:] or ["pip printed nothing"]
        raise InstallFailed(" / ".join(errors))


def _lines(stream: Iterator[str]) -> Iterator[str]:
    return (stripped for line in stream if (stripped := line.strip()))


def _progress_style() -> str:
    """Raw progress came with pip 24.1; without it the bar moves from package to package."""
    version = tuple(int(part) for part in metadata.version("pip").split(".")[:2])
    return "raw" if version >= (24, 1) else "off"


class Printer:
    """Shows progress on a terminal in one line that is written over, elsewhere by tenths."""

    def __init__(self) -> None:
        self._tenth = -1

    def __call__(self, progress: Progress) -> None:
        if sys.stdout.isatty():
            end = "" if progress.state == "running" else "\n"
            print(f"\r\x1b[K  {progress.percent:3d} %  {progress.message}", end=end, flush=True)
        elif progress.percent // 10 > self._tenth or progress.state != "running":
            self._tenth = progress.percent // 10
            print(f"  {progress.percent:3d} %  {progress.message}", flush=True)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requirements", type=Path, nargs="+")
    files = parser.parse_args(arguments).requirements
    needed = missing(pins(line for file in files for line in file.read_text().splitlines()))
    printer = Printer()
    try:
        if needed:
            pip([part for file in files for part in ("-r", str(file))], Bar(dict.fromkeys(needed, 1), printer))
    except InstallFailed as failure:
        printer(Progress("failed", 0, 1, str(failure)))
        return 1
    printer(Progress("done", 1, 1, f"{', '.join(file.name for file in files)}: installed"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
