"""A real Celery worker on a run, killed in the middle: nothing is lost, nothing is judged into two results."""

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

from oversight.accounts.models import Project
from oversight.audit.actors import Actor
from oversight.audit.bell import BELL
from oversight.audit.models import LedgerEvent
from oversight.judges import tasks as judges
from oversight.judges.models import Canary, CanaryState
from oversight.monitoring import services as monitoring
from oversight.monitoring.models import Score
from oversight.rubrics import activation, admissions, estimating, runs, services, tasks
from oversight.rubrics.models import Result, RubricRun, RunItem, RunState
from tests import factories
from tests.oversight.rubrics.judge_server import JudgeServer
from tests.oversight.rubrics.words import WORDS, make_transcripts

ROOT = Path(__file__).resolve().parents[3]
N = 24
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def judge() -> Iterator[JudgeServer]:
    with JudgeServer() as server:
        server.delay_s = 0.15
        yield server


@pytest.fixture
def start(committed_db: str, judge: JudgeServer, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker of two processes on every queue that a run needs; what still runs at the end is ended."""
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    BELL.reset()
    started: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-m", "celery", "-A", "oversight", "worker", "-Q", "default,cpu,judge", "-c", "2"]
    command += ["-O", "fair", "--without-gossip", "--without-mingle"]

    def worker() -> subprocess.Popen[bytes]:
        environment = {**os.environ, "LEASE_S": "2", "MODEL_BACKEND": judge.url, "PYTHONPATH": str(ROOT)}
        name = f"r{len(started)}"
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
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def sweep() -> None:
    """What beat does for runs and canaries."""
    tasks.sweep()
    judges.sweep()


def until(happened: Callable[[], bool], *, within_s: float = 120) -> None:
    """Polls, and does what beat does, twice a second."""
    deadline, swept = time.monotonic() + within_s, 0.0
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {Counter(RunItem.objects.values_list('state', 'attempt'))}")
        if time.monotonic() - swept > 0.5:
            sweep()
            swept = time.monotonic()
        time.sleep(0.1)


def test_a_killed_worker_loses_nothing_and_doubles_nothing(start: Start, judge: JudgeServer) -> None:
    project = Project.objects.create(slug="work", name="Work")
    lead = factories.make_user("lead", project=project, role="lead")
    transcripts = make_transcripts(project, 4, N - 4)
    version = services.create_rubric(project=project, name="Secrecy", words=WORDS, why="x", by=lead)
    run = runs.ask_run(version=version, backend="server", filters={}, most=None, by=lead)
    first = start()
    until(lambda: RubricRun.objects.get().state == RunState.READY)
    runs.start(run=run, cap_tokens=10_000_000, cap_money=None, by=lead)
    until(lambda: Result.objects.count() >= 4)
    judge.delay_s = 60.0
    until(lambda: RunItem.objects.filter(state="leased", reserved_tokens__gt=0).count() == 2)
    kill(first)
    judge.delay_s = 0.05
    assert Result.objects.count() < N
    start()
    until(lambda: RubricRun.objects.get().state == RunState.DONE)

    run = RubricRun.objects.get()
    assert Counter(Result.objects.values_list("transcript_id", flat=True)) == Counter(t.pk for t in transcripts)
    assert (run.n_ended, run.n_planned, run.n_failed) == (N, N, 0)
    assert run.spent_tokens - run.lost_tokens == 600 * N
    assert run.lost_tokens > 0
    judged = Counter(LedgerEvent.objects.filter(action="transcript.judged").values_list("object_id", flat=True))
    assert judged == Counter(str(t.pk) for t in transcripts)
    assert LedgerEvent.objects.filter(action="rubric.run_finished").count() == 1
    assert len(judge.judged) >= N
    assert Result.objects.filter(value__gte=0.5).count() == 4


def test_the_estimate_itself_survives_a_message_that_was_lost(committed_db: str) -> None:
    project = Project.objects.create(slug="work", name="Work")
    lead = factories.make_user("lead", project=project, role="lead")
    version = services.create_rubric(project=project, name="Secrecy", words=WORDS, why="x", by=lead)
    run = runs.ask_run(version=version, backend="server", filters={}, most=None, by=lead)
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.flushall()
    BELL.reset()
    tasks.sweep()
    assert broker.llen("celery:cpu") == 1
    assert estimating.work(run.pk)
    assert not estimating.work(run.pk)


def test_a_canary_of_a_rubric_whose_worker_is_killed_is_asked_again_and_ends_once(
    start: Start, judge: JudgeServer
) -> None:
    judge.delay_s = 0.0
    project = Project.objects.create(slug="work", name="Work")
    lead = factories.make_user("lead", project=project, role="lead")
    cases = make_transcripts(project, 30, 30)
    # They came long ago: no message about them is on its way any more.
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    version = services.create_rubric(project=project, name="Secrecy", words=WORDS, why="x", by=lead)
    for chosen, is_positive in ((cases[:30], True), (cases[30:], False)):
        ids = [one.pk for one in chosen]
        admissions.label(rubric=version.rubric, transcript_ids=ids, is_positive=is_positive, source="by hand", by=lead)
    run = runs.ask_admission(version=version, backend="server", by=lead)
    first = start()
    until(lambda: RubricRun.objects.get().state == RunState.READY)
    runs.start(run=run, cap_tokens=10_000_000, cap_money=None, by=lead)
    until(lambda: RubricRun.objects.get().state == RunState.DONE)
    activation.activate(
        version=version, backend="server", threshold=0.5, sample_share=1.0, newest=None, why="it is good", by=lead
    )
    # The first canary is due once the first transcript was judged: it is a known positive, and it hangs.
    judge.delay_s = 60.0
    clean = factories.make_transcript(project, reasoning="I do as I am asked.")
    judge.slow = judge.word
    monitoring.schedule(transcript_ids=[clean.pk], actor=Actor.worker("test"))
    until(lambda: Score.objects.exists())
    until(lambda: Canary.objects.filter(state=CanaryState.LEASED).exists())
    until(lambda: LedgerEvent.objects.filter(action="judge.cases_read").exists())
    kill(first)
    judge.delay_s = 0.0
    start()
    until(lambda: Canary.objects.filter(state=CanaryState.DONE).exists())

    canary = Canary.objects.get()
    assert (canary.kind, canary.outcome, canary.attempt) == ("positive", "found", 2)
    assert canary.transcript_id in {one.pk for one in cases[:30]}
    actions = Counter(LedgerEvent.objects.values_list("action", flat=True))
    # Each attempt reads the case anew; one of them ends it.
    assert (actions["canary.planted"], actions["judge.cases_read"], actions["canary.ended"]) == (1, 2, 1)
    assert Score.objects.count() == 1
