"""`python -m oversight.embedded run | stop | scratch COMMAND`: what the Makefile calls."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from oversight.embedded import cluster, leftovers, occupancy, process, programs, scratch
from oversight.embedded.errors import ServiceFailed
from oversight.embedded.packages import ROOT
from oversight.embedded.supervisor import Supervisor

STOP_S = 60.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m oversight.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything and stay in the foreground")
    commands.add_parser("stop", help="end what runs from this state folder, PostgreSQL and Valkey included")
    within = commands.add_parser("scratch", help="run a command against throw-away services")
    within.add_argument("argv", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute()
    try:
        if options.command == "scratch":
            return scratch.run(options.argv)
        if options.command == "stop":
            return _stop(var)
        port = _port()
        house = programs.oversight(var, port=port, n_web=programs.web_processes(os.environ))
        Supervisor(house, var, port=port, environment=os.environ, say=_say).run()
    except ServiceFailed as failure:
        print(f"Oversight: {failure}", file=sys.stderr)
        return 1
    return 0


def _port() -> int:
    value = os.environ.get("PORT") or "8000"
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise ServiceFailed(f"PORT={value!r} is not a port number")
    return int(value)


def _stop(var: Path) -> int:
    lock = var / "run" / "supervisor.lock"
    if (holder := occupancy.occupant(lock)) is not None:
        with suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGTERM)
        if not any(occupancy.occupant(lock) is None for _ in process.deadline(STOP_S)):
            raise ServiceFailed(
                f"process {holder.pid} did not end within {STOP_S:.0f} s; end it by hand: kill -9 {holder.pid}"
            )
    leftovers.end(leftovers.find(var))
    cluster.stop(var)
    print("Oversight has stopped")
    return 0


_began = time.monotonic()


def _say(line: str) -> None:
    print(f"[{time.monotonic() - _began:6.1f} s] {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
