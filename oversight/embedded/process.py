"""Processes of ours: how they are started, proven to be ours, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from oversight.embedded.account import Account
from oversight.embedded.errors import ServiceFailed

# The shell starts the server in the background and leaves, so that the server is nobody's child and nobody's zombie.
DETACH = '"$@" </dev/null >&2 & echo $!'
# Here the shell stays until its input ends: a starter that is killed takes its server with it.
LIFELINE = '"$@" </dev/null >&2 & server=$!; echo $server; exec >&-; read -r _; kill -INT $server; wait $server'
# Servers get no variable of ours: the environment holds secrets and a server's is readable in /proc.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Started:
    pid: int
    lifeline: subprocess.Popen[bytes] | None


def start_server(
    arguments: Sequence[str | Path], *, folder: Path, log: Path, account: Account | None, lifeline: bool
) -> Started:
    """Start a server that outlives us, or with a lifeline one that ends when we do."""
    with log.open("ab") as sink:
        shell = subprocess.Popen(
            ["/bin/sh", "-c", LIFELINE if lifeline else DETACH, "sh", *map(str, arguments)],
            stdin=subprocess.PIPE if lifeline else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sink,
            cwd=folder,
            env=ENVIRONMENT,
            start_new_session=True,
            umask=0o077,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    assert shell.stdout is not None  # noqa: S101 - for mypy: it was opened as a pipe
    with shell.stdout as answer:
        pid = int(answer.readline())
    if not lifeline:
        shell.wait()
    return Started(pid, shell if lifeline else None)


def run_as(
    arguments: Sequence[str | Path], *, folder: Path, account: Account | None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the server account."""
    return subprocess.run(
        [str(argument) for argument in arguments],
        input=text,
        capture_output=True,
        text=True,
        cwd=folder,
        env=ENVIRONMENT,
        umask=0o077,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def working_folder(pid: int) -> str | None:
    """A process's working folder, the proof that a server is ours; None when it is dead, a zombie or not readable."""
    try:
        return psutil.Process(pid).cwd() or None
    except (psutil.Error, OSError):
        return None


def working_in(folder: Path, program: str) -> list[int]:
    """Every process of that program that works in the folder, also if the folder was deleted beneath it."""
    places = {str(folder), f"{folder} (deleted)"}
    return [
        process.pid
        for process in psutil.process_iter(["name"])
        if process.info["name"] == program and working_folder(process.pid) in places
    ]


def end(pid: int, folder: Path, signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """End a server with each signal in turn, waiting its seconds for the process to be gone."""
    places = (str(folder), f"{folder} (deleted)")
    for number, patience_s in signals:
        if working_folder(pid) not in places:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        for _ in deadline(patience_s):
            if working_folder(pid) not in places:
                return
    raise ServiceFailed(f"process {pid} in {folder} did not end; end it by hand (kill {pid}) and try again")


def deadline(seconds: float, pause_s: float = 0.02) -> Iterator[float]:
    """Yield the seconds left, with a pause between, until none are left."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        yield left
        time.sleep(pause_s)
