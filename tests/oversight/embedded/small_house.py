"""A house of small scripts under the real supervisor: `python -m ...small_house VAR PORT [fail]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from oversight.embedded.errors import ServiceFailed
from oversight.embedded.programs import House, Program
from oversight.embedded.supervisor import Supervisor

WEB = (sys.executable, "-m", "tests.oversight.embedded.small_web")
# A worker that leaves a worker of its own behind when it ends: the group must end too.
WORKER = ("/bin/sh", "-c", "sleep 600 & wait")


def house(var: Path, *, fails: bool) -> House:
    prepare = Program("prepare", ("/bin/sh", "-c", "echo the reason; exit 3" if fails else "exit 0"))
    return House(
        progress=var / "models-install.json",
        prepare=((prepare, "prepared"),),
        web=Program("web", WEB, accepts=True),
        services=(Program("web-2", WEB, accepts=True), Program("worker", WORKER)),
        seed=Program("seed", ("/bin/sh", "-c", "exit 0")),
        install_models=Program("models-install", ("/bin/sh", "-c", "exit 0")),
        model_worker=Program("model", ("/bin/sleep", "600")),
    )


def main(var: Path, port: int, *, fails: bool) -> int:
    # External services, which this house never asks: these tests are about processes.
    elsewhere = {"DATABASE_URL": "postgresql://elsewhere", "REDIS_URL": "redis://elsewhere"}
    supervisor = Supervisor(
        house(var, fails=fails),
        var,
        port=port,
        environment=os.environ | elsewhere,
        say=lambda line: print(line, flush=True),  # noqa: T201 - what it says is what the tests read
    )
    try:
        supervisor.run()
    except ServiceFailed as failure:
        print(failure, flush=True)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), fails="fail" in sys.argv[3:]))
