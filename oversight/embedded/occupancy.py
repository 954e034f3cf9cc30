"""What one supervisor holds: the lock of its state folder, which ends with its process, and its port."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from oversight.embedded.errors import ServiceFailed

BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Occupant:
    pid: int
    url: str


@contextmanager
def occupy(lock: Path, url: str) -> Iterator[None]:
    """Hold the folder for this process. Raises ServiceFailed if another one holds it."""
    with lock.open("a+") as file:
        os.fchmod(file.fileno(), 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = occupant(lock)
            told = f" as process {holder.pid}, at {holder.url}" if holder else ""
            raise ServiceFailed(
                f"Oversight runs already from this folder{told}. Use that one, or end it: press Ctrl-C where it runs,"
                " or call 'make stop'."
            ) from None
        file.truncate(0)
        file.write(json.dumps(asdict(Occupant(os.getpid(), url))))
        file.flush()
        yield
        file.truncate(0)


def occupant(lock: Path) -> Occupant | None:
    """Who holds the folder now; what a killed holder wrote does not count."""
    try:
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Occupant(**json.loads(file.read()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return None


def listener(port: int) -> socket.socket:
    """The socket that all web processes accept from. It stays open while one of them restarts: requests wait.

    Raises
    ------
    ServiceFailed : the port is taken.
    """
    made = socket.socket()
    # Connections of an earlier run in TIME_WAIT are no obstacle.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise ServiceFailed(
            f"port {port} on 127.0.0.1 cannot be used ({error.strerror}). End the program that has it, or take"
            f" another port: make run PORT={port + 1}"
        ) from None
    return made
