"""One child process of the supervisor: in a session of its own, restarted with patience, ended with its group."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from oversight.embedded.packages import ROOT
from oversight.embedded.programs import Program

# Every child carries this variable, so that a later run can tell its own leftovers from other people's processes.
MARK = "OVERSIGHT_RUN"
LARGEST_LOG_BYTES = 10 * 1024 * 1024
# After that long without a fall a child counts as healthy, and its next fall as its first.
HEALTHY_S = 60.0
LONGEST_PAUSE_S = 30.0
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Child:
    """State of one program: running, or waiting for its next start."""

    def __init__(
        self, program: Program, *, var: Path, environment: Mapping[str, str], handed: Mapping[str, int]
    ) -> None:
        """`handed`: file descriptors that the program inherits, by the variable that tells it their number."""
        self.program = program
        self.log = var / "log" / f"{program.name}.log"
        self._handed = tuple(handed.values())
        environment = {**environment, **{variable: str(number) for variable, number in handed.items()}}
        self._environment = {**environment, **program.environment, MARK: str(var), "PYTHONUNBUFFERED": "1"}
        self._process: subprocess.Popen[bytes] | None = None
        self._falls = 0
        self._started_at = 0.0
        self._start_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        _rotate(self.log)
        with open(self.log, "ab", opener=_private) as sink:
            os.fchmod(sink.fileno(), 0o600)  # also one that an older version made
            # A new session: Ctrl-C in the terminal reaches the supervisor alone, which then ends us in order.
            self._process = subprocess.Popen(
                self.program.arguments,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=ROOT,
                env=self._environment,
                pass_fds=self._handed,
                start_new_session=True,
                preexec_fn=_preparation(self.program.nice),
            )
        self._started_at = time.monotonic()

    def ended(self) -> int | None:
        """The exit status, or None while it runs or waits to be started."""
        return None if self._process is None else self._process.poll()

    def rest(self) -> float:
        """Note a fall and return the seconds until the next start: 1, 2, 4, ... up to 30."""
        healthy = time.monotonic() - self._started_at > HEALTHY_S
        self._falls = 1 if healthy else self._falls + 1
        pause_s = min(LONGEST_PAUSE_S, 2.0 ** (self._falls - 1))
        self._end_group()
        self._process = None
        self._start_at = time.monotonic() + pause_s
        return pause_s

    def is_due(self) -> bool:
        return self._process is None and time.monotonic() >= self._start_at

    def signal(self, number: signal.Signals) -> None:
        """To the program itself: a server tells its own workers."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """To the whole group, workers of workers included."""
        self._end_group()
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _end_group(self) -> None:
        if self._process is not None:
            # The child leads its own session, so its pid names the group for as long as anybody is in it.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def last_lines(self, count: int = 12) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
        except FileNotFoundError:
            return ""


def _preparation(nice: int) -> Callable[[], None]:
    def prepare() -> None:
        if _libc is not None:
            # If the supervisor is killed, the kernel asks its children to leave.
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if nice:
            os.nice(nice)

    return prepare


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _private(path: str, flags: int) -> int:
    """Nobody else reads it, not even in the moment after it is made."""
    return os.open(path, flags, 0o600)
