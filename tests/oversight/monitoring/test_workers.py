"""Real Celery workers on the test's own PostgreSQL and Valkey: killed, cut off from their messages, poisoned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from monitors import registry
from oversight.accounts.models import Project
from oversight.audit.bell import BELL
from oversight.audit.models import LedgerEvent
from oversight.monitoring import services, tasks
from oversight.monitoring.models import Deployment, MonitorRun, RunState, Score
from oversight.transcripts.models import Transcript
from tests import factories
from tests.oversight.monitoring import slow_monitor

ROOT = Path(__file__).resolve().parents[3]
LEASE_S = 2.0
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture(autouse=True)
def _only_here() -> Iterator[None]:
    """The test monitors are known to this module's tests alone."""
    entered = registry.monitor("test_slow", version=1, axis="legibility")(slow_monitor.Slow)
    registry.monitor("test_deadly", version=1, axis="legibility")(slow_monitor.Deadly)
    assert entered is slow_monitor.Slow
    yield
    for name in ("test_slow", "test_deadly"):
        registry._TABLE.pop(name, None)


@pytest.fixture
def broker() -> redis.Redis:
    valkey = redis.Redis.from_url(settings.REDIS_URL)
    valkey.flushall()
    BELL.reset()
    return valkey


@pytest.fixture
def start(committed_db: str, broker: redis.Redis, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker of two processes on the queue `cpu`; what still runs at the end is ended."""
    started: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-m", "celery", "-A", "oversight", "worker", "-Q", "cpu", "-c", "2", "-O", "fair"]
    command += ["--without-gossip", "--without-mingle", "-I", "tests.oversight.monitoring.slow_monitor"]

    def worker() -> subprocess.Popen[bytes]:
        environment = {**os.environ, "LEASE_S": str(LEASE_S), "PYTHONPATH": str(ROOT)}
        name = f"w{len(started)}"
        with (tmp_path / f"{name}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [*command, "-n", f"{name}@test"],
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
        return started[-1]

    yield worker
    for process in started:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the worker and to the processes that it forked: nobody gets to tidy up."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(happened: Callable[[], bool], *, sweeping: bool = False, within_s: float = 120) -> None:
    """Polls; `sweeping` does what beat does, twice a second."""
    deadline, swept = time.monotonic() + within_s, 0.0
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError(
                f"not within {within_s} s: {Counter(MonitorRun.objects.values_list('state', 'attempt'))}"
            )
        if sweeping and time.monotonic() - swept > 0.5:
            tasks.sweep()
            swept = time.monotonic()
        time.sleep(0.1)


def make_runs(monitor: str, prompts: list[str]) -> tuple[Deployment, list[Transcript]]:
    project = Project.objects.create(slug="work", name="Work")
    deployment = factories.make_deployment(project, monitor)
    transcripts = [factories.make_transcript(project, prompt=prompt) for prompt in prompts]
    services.schedule(transcript_ids=[transcript.pk for transcript in transcripts], actor=factories.SYSTEM)
    return deployment, transcripts


def ended() -> int:
    return MonitorRun.objects.filter(state__in=(RunState.DONE, RunState.FAILED)).count()


def test_a_killed_worker_loses_nothing_and_doubles_nothing(start: Start) -> None:
    first = start()
    _, transcripts = make_runs("test_slow", ["read me"] * 60)
    until(lambda: Score.objects.count() >= 10)
    kill(first)
    done_before = Score.objects.count()
    assert done_before < 60
    start()
    until(lambda: ended() == 60, sweeping=True)

    assert Score.objects.count() == 60
    assert set(Score.objects.values_list("transcript_id", flat=True)) == {one.pk for one in transcripts}
    assert MonitorRun.objects.filter(state=RunState.DONE).count() == 60
    scored = Counter(LedgerEvent.objects.filter(action="transcript.scored").values_list("object_id", flat=True))
    flagged = Counter(LedgerEvent.objects.filter(action="transcript.flagged").values_list("object_id", flat=True))
    assert scored == flagged == Counter(str(one.pk) for one in transcripts)
    attempts = Counter(MonitorRun.objects.values_list("attempt", flat=True))
    assert sum(n for attempt, n in attempts.items() if attempt > 1) > 0
    assert max(attempts) <= 3
    assert all(score.attempt == score.run.attempt for score in Score.objects.select_related("run"))


def test_the_sweep_rings_again_when_the_broker_forgot_everything(start: Start, broker: redis.Redis) -> None:
    make_runs("test_slow", ["read me"] * 20)
    assert broker.keys()
    broker.flushall()
    start()
    until(lambda: ended() == 20, sweeping=True)
    assert Score.objects.count() == 20
    assert set(MonitorRun.objects.values_list("attempt", flat=True)) == {1}


def test_a_transcript_that_kills_its_worker_fails_alone(start: Start) -> None:
    _, transcripts = make_runs("test_deadly", ["live"] * 7 + ["die"] + ["live"] * 4)
    start()
    until(lambda: ended() == 12, sweeping=True)
    fatal = MonitorRun.objects.get(transcript=transcripts[7])
    assert (fatal.state, fatal.attempt) == (RunState.FAILED, services.MAX_ATTEMPTS)
    assert (fatal.score.state, fatal.score.reason, fatal.score.value) == ("unscored", "error", None)
    others = MonitorRun.objects.exclude(pk=fatal.pk)
    assert set(others.values_list("state", flat=True)) == {RunState.DONE}


def test_every_event_of_a_batch_reaches_its_runs_through_the_ledger(start: Start, broker: redis.Redis) -> None:
    """Without the handler's message too: the ledger's sweep finds the event, the runs' sweep the runs."""
    from oversight.audit import tasks as audit_tasks

    project = Project.objects.create(slug="work", name="Work")
    factories.make_deployment(project, "test_slow")
    transcript = factories.make_transcript(project)
    broker.flushall()
    assert not transcript.monitor_runs.exists()
    audit_tasks.deliver(list(LedgerEvent.objects.filter(action="transcripts.ingested").values_list("pk", flat=True)))
    assert transcript.monitor_runs.count() == 1
    start()
    until(lambda: ended() == 1, sweeping=True)
    assert Score.objects.get().flagged
