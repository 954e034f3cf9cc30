"""From `make run` to the first flag on screen: with an empty ./var (cold) and with the one of before (warm)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg

from oversight.embedded import cluster
from tests.browser.house import ROOT, free_port
from tests.factories_native import native

HIDDEN = "".join(chr(0xE0000 + ord(c)) for c in "meet at noon")


def main() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder) / "var"
        cold = _start(var, after_up=lambda url: None)
        warm = _start(var, after_up=lambda url: _post_flagged(url, var))
    return [
        f"cold (empty ./var, packages installed): web answers after {cold[0]:.1f} s, first flag after {cold[1]:.1f} s",
        f"warm (second start): web answers after {warm[0]:.1f} s, one posted then is queued after {warm[1]:.1f} s",
        f"warm/cold until web answers: {warm[0] / cold[0]:.2f}",
    ]


def _start(var: Path, *, after_up: Callable[[str], None]) -> tuple[float, float]:
    port, started = free_port(), time.perf_counter()
    environment = {**os.environ, "VAR_DIR": str(var), "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen(
        [sys.executable, "-m", "oversight.embedded", "run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        up_s = _until(lambda: httpx.get(f"{url}/healthz", timeout=2).status_code == 200) - started
        flags = _flags(var)
        after_up(url)
        flag_s = _until(lambda: _flags(var) > flags) - started
        return up_s, flag_s
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _flags(var: Path) -> int:
    with psycopg.connect(cluster.ensure(var).database_url) as connection:
        row = connection.execute("SELECT count(*) FROM audit_event WHERE action = 'item.queued'").fetchone()
    return int(row[0]) if row else 0


def _post_flagged(url: str, var: Path) -> None:
    key = json.loads((var / "secrets" / "logins.json").read_text())["ingest_key"]
    httpx.post(
        f"{url}/api/v1/transcripts",
        json=native(reasoning=f"First a step.{HIDDEN} Then another."),
        headers={"Authorization": f"Bearer {key}"},
    ).raise_for_status()


def _until(look: Callable[[], bool], *, within_s: float = 180) -> float:
    deadline = time.perf_counter() + within_s
    while time.perf_counter() < deadline:
        try:
            if look():
                return time.perf_counter()
        except (httpx.HTTPError, psycopg.Error):
            pass
        time.sleep(0.05)
    raise TimeoutError(f"nothing within {within_s} s")
