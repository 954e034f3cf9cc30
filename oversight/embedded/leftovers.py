"""Processes that an earlier, killed run left behind; only those that carry our mark for this state folder."""

from __future__ import annotations

from pathlib import Path

import psutil

from oversight.embedded.child import MARK

# Their supervisor's death was their first SIGTERM already.
PATIENCE_S = 3.0


def find(var: Path) -> list[psutil.Process]:
    """Every living process that a supervisor of this state folder started, directly or not. Ourselves excepted."""
    return [
        process for process in psutil.process_iter() if process.pid != psutil.Process().pid and _is_ours(process, var)
    ]


def end(found: list[psutil.Process]) -> None:
    for process in found:
        _quietly(process.terminate)
    _, alive = psutil.wait_procs(found, timeout=PATIENCE_S)
    for process in alive:
        _quietly(process.kill)
    psutil.wait_procs(alive, timeout=PATIENCE_S)


def _is_ours(process: psutil.Process, var: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == str(var)
    except (psutil.Error, OSError):
        return False


def _quietly(action: object) -> None:
    try:
        action()  # type: ignore[operator]  # a bound method of psutil.Process
    except psutil.Error:
        return
