"""The programs that make up a running house, as the supervisor starts them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oversight.embedded.model_extras import ROOT

MANAGE = (sys.executable, str(ROOT / "manage.py"))
CELERY = (sys.executable, "-m", "celery", "-A", "oversight")
# Gossip and mingle tell workers about each other, which nothing here asks; mingling costs a second at start.
WORKER = (*CELERY, "worker", "-O", "fair", "--prefetch-multiplier", "1", "--without-gossip", "--without-mingle")


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0


MIGRATE = Program("migrate", (*MANAGE, "migrate", "--noinput"))
LOGINS = Program("logins", (*MANAGE, "ensure_logins"))
WORKER_CORE = Program("worker", (*WORKER, "-n", "core@oversight", "-Q", "cpu,judge,default", "-c", "2"))
BEAT = Program("beat", (*CELERY, "beat", "--pidfile="))
# One process holds the weights; it yields to everything that somebody waits for.
WORKER_MODEL = Program(
    "model",
    (*WORKER, "-n", "model@oversight", "-Q", "model", "-P", "solo"),
    {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
    nice=10,
)


def web(port: int) -> Program:
    return Program(
        "web",
        (
            *(sys.executable, "-m", "uvicorn", "oversight.asgi:application"),
            *("--host", "127.0.0.1", "--port", str(port), "--lifespan", "off"),
            # Addresses in a query may hold what somebody searched for; they are not logged.
            *("--no-access-log", "--no-server-header", "--no-proxy-headers", "--timeout-graceful-shutdown", "3"),
        ),
        {"DATABASE_POOL": "1"},
    )


def seed(port: int) -> Program:
    return Program("seed", (*MANAGE, "seed_demo", "--once", "--url", f"http://127.0.0.1:{port}"))


def model_extras(progress: Path) -> Program:
    return Program(
        "models-install",
        (sys.executable, "-m", "oversight.embedded.model_extras", "--progress", str(progress)),
        nice=10,
    )
