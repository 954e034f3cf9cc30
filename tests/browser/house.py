"""A whole Oversight of the test's own: web, worker and beat as processes on a fresh database."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import redis

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
WORKER = [
    "-m",
    "celery",
    "-A",
    "oversight",
    "worker",
    "-Q",
    "default,cpu,judge,outbound",
    "-c",
    "2",
    "-O",
    "fair",
    "-l",
    "warning",
]
WEB = [
    "-m",
    "uvicorn",
    "oversight.asgi:application",
    "--host",
    "127.0.0.1",
    "--log-level",
    "warning",
    "--ws-max-size",
    "16384",
]
BEAT = ["-m", "celery", "-A", "oversight", "beat", "-l", "warning"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def own_broker(url: str) -> str:
    """A database of a Valkey, emptied: there are more houses than databases, and ids begin anew in each house."""
    own = f"{url.rpartition('/')[0]}/{1 + secrets.randbelow(14)}"
    with redis.Redis.from_url(own) as broker:
        broker.flushdb()
    return own


def eventually(look: Callable[[], T | None], *, within_s: float = 30, what: str = "it") -> T:
    """The first true answer of `look`; an assertion error when there is none in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {within_s} s")


@dataclass
class House:
    """The running product. `environment` is that of every process in it."""

    environment: dict[str, str]
    var: Path
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *arguments: str, input_: bytes | None = None) -> str:
        """Run a management command; its standard output."""
        done = subprocess.run(
            [PYTHON, "manage.py", *arguments], cwd=ROOT, env=self.environment, input=input_, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def start(self, name: str, arguments: Sequence[str]) -> None:
        with (self.var / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [PYTHON, *arguments], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def start_web(self) -> None:
        self.start("web", [*WEB, "--port", str(self.port)])
        self.await_web()

    def await_web(self) -> None:
        eventually(self._healthy, within_s=60, what=f"web's start (see {self.var}/web.log)")

    def _healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def open(self) -> None:
        """Logins and default monitors while web, worker and beat start."""
        self.start("worker", WORKER)
        self.start("beat", [*BEAT, "--schedule", str(self.var / "beat")])
        self.start("web", [*WEB, "--port", str(self.port)])
        self.manage("ensure_logins")
        self.manage("ensure_deployments", "--project", "demo")
        self.await_web()

    def end(self, name: str, how: int = signal.SIGTERM) -> None:
        """End one process and all that it started."""
        process = self.processes.pop(name)
        os.killpg(process.pid, how)
        _await_end(process)

    def close(self) -> None:
        """End all at once: each takes its time to end."""
        for process in self.processes.values():
            os.killpg(process.pid, signal.SIGTERM)
        while self.processes:
            _await_end(self.processes.popitem()[1])

    @property
    def logins(self) -> dict[str, Any]:
        logins: dict[str, Any] = json.loads((self.var / "secrets" / "logins.json").read_text())
        return logins

    def post(self, *transcripts: dict[str, Any]) -> httpx.Response:
        """Through the public API, as a batch."""
        return httpx.post(
            f"{self.url}/api/v1/transcripts",
            content=json.dumps(list(transcripts)).encode(),
            headers={"Authorization": f"Bearer {self.logins['ingest_key']}", "Content-Type": "application/json"},
            timeout=30,
        )


def _await_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment_for(base: dict[str, str], *, var: Path, port: int, **extra: str) -> dict[str, str]:
    """What the processes of a house see."""
    return {
        **base,
        "VAR_DIR": str(var),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEY": secrets.token_urlsafe(64),
        "DJANGO_SETTINGS_MODULE": "oversight.settings",
        "MODEL_BACKEND": "none",
        "DATABASE_POOL": "0",
        # A transcript that the draw takes is read blind: which one that is would differ from run to run.
        "REVIEW_AUDIT_PERCENT": "0",
        **extra,
    }
