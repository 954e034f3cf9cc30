"""The programs that make up a running house, as the supervisor starts them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oversight.embedded.errors import ServiceFailed
from oversight.embedded.packages import ROOT

MANAGE = (sys.executable, str(ROOT / "manage.py"))
CELERY = (sys.executable, "-m", "celery", "-A", "oversight")
# Gossip and mingle tell workers about each other, which nothing here asks; mingling costs a second at start.
WORKER = (*CELERY, "worker", "-O", "fair", "--prefetch-multiplier", "1", "--without-gossip", "--without-mingle")


# The variable that names an inherited socket by its number.
LISTENER = "WEB_LISTENER"
MOST_WEB = 2


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0
    # It accepts from the supervisor's socket, whose number stands in LISTENER.
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """What runs once, what runs always, and what joins last; `progress` is the file that the installer keeps."""

    progress: Path
    prepare: tuple[tuple[Program, str], ...]
    web: Program
    services: tuple[Program, ...]
    seed: Program
    install_models: Program
    model_worker: Program


def oversight(var: Path, *, port: int, n_web: int = 1) -> House:
    """The real house. Each web process is a child of its own, so that none outlives a supervisor that is killed."""
    progress = var / "models-install.json"
    return House(
        progress=progress,
        # One program, since starting Django costs more than what it does here.
        prepare=((Program("prepare", (*MANAGE, "prepare")), "schema, logins and monitors are ready"),),
        web=_web(port),
        services=(
            *(_web(port, f"web-{number}") for number in range(2, n_web + 1)),
            Program("worker", (*WORKER, "-n", "core@oversight", "-Q", "cpu,default", "-c", "2")),
            # What waits for other people's servers waits in threads, beside the work that needs a core.
            Program("calls", (*WORKER, "-n", "calls@oversight", "-Q", "judge,outbound", "-P", "threads", "-c", "16")),
            Program("beat", (*CELERY, "beat", "--pidfile=")),
        ),
        seed=Program("seed", (*MANAGE, "seed_demo", "--once", "--url", f"http://127.0.0.1:{port}")),
        install_models=Program(
            "models-install",
            (sys.executable, "-m", "oversight.embedded.model_extras", "--progress", str(progress)),
            nice=10,
        ),
        # One process holds the weights; it yields to everything that somebody waits for.
        model_worker=Program(
            "model",
            (*WORKER, "-n", "model@oversight", "-Q", "model", "-P", "solo"),
            {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
            nice=10,
        ),
    )


def web_processes(environment: Mapping[str, str]) -> int:
    """WEB_CONCURRENCY, or one for each core up to two: Python uses one core a process.

    Raises
    ------
    ServiceFailed : WEB_CONCURRENCY is no count.
    """
    asked = environment.get("WEB_CONCURRENCY") or str(min(MOST_WEB, len(os.sched_getaffinity(0))))
    if not asked.isdigit() or not 0 < int(asked) <= 64:
        raise ServiceFailed(f"WEB_CONCURRENCY={asked!r} is not a number of processes from 1 to 64")
    return int(asked)


def _web(port: int, name: str = "web") -> Program:
    return Program(
        name,
        (sys.executable, "-m", "oversight.embedded.web", "oversight.asgi:application", "--port", str(port)),
        {"DATABASE_POOL": "1"},
        accepts=True,
    )
