"""A supervisor of the small house in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 30.0


class Run:
    """A supervisor in a process of its own, and what it has said so far."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self.process = running
        self.said = ""

    def read_until(self, text: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if text in line:
                return line
        raise AssertionError(f"it ended without saying {text!r}:\n{self.said}")

    def rest(self) -> str:
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        self.process.wait(timeout=PATIENCE_S)
        return self.said


@contextmanager
def start(var: Path, port: int, *arguments: str) -> Iterator[Run]:
    command = [sys.executable, "-m", "tests.oversight.embedded.small_house", str(var), str(port), *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield Run(running)
        finally:
            running.kill()
