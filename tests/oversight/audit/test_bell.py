"""A broker that is down or hangs costs latency only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oversight.audit.models import LedgerEvent
from oversight.transcripts.models import Transcript
from tests import factories

ROOT = Path(__file__).resolve().parents[3]
# A process of its own, because a broker's address is read once.
INGEST = """
import json, time
import django
django.setup()
from monitors.formats.detect import parse
from oversight.accounts.models import Project
from oversight.audit.actors import Actor
from oversight.transcripts import services
from tests.factories import native
project, took = Project.objects.get(), []
for _ in range(3):
    raw = json.dumps(native()).encode()
    started = time.monotonic()
    incoming = services.Incoming(raw=raw, parsed=parse(raw))
    services.ingest(project=project, payloads=[incoming], door="tests", actor=Actor.system("tests"))
    took.append(time.monotonic() - started)
print(json.dumps(took))
"""


@contextmanager
def dead() -> Iterator[str]:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{taken.getsockname()[1]}/0"


@contextmanager
def hanging() -> Iterator[str]:
    """A port where connections are accepted and nobody ever answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        yield f"redis://127.0.0.1:{silent.getsockname()[1]}/0"


@pytest.mark.parametrize("broker", [dead, hanging])
def test_transcripts_are_stored_without_a_broker(committed_db: str, broker: object) -> None:
    factories.make_project()
    with broker() as url:  # type: ignore[operator]  # one of the two above
        done = subprocess.run(
            [sys.executable, "-c", INGEST],
            cwd=ROOT,
            env={**os.environ, "REDIS_URL": url, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    first, *later = (float(word) for word in done.stdout.strip()[1:-1].split(","))
    assert Transcript.objects.count() == 3
    assert LedgerEvent.objects.filter(action="transcripts.ingested").count() == 3
    # One caller waits for the time-out; the others find the bell silent.
    assert first < 10
    assert max(later) < 2
    assert "the broker does not answer" in done.stderr
