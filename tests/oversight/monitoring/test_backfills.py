"""Backfills: what was missed is run, what was cancelled is revived, and nothing is run twice."""

from __future__ import annotations

import pytest

from oversight.accounts.models import Project
from oversight.audit.models import LedgerEvent
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import backfills, services
from oversight.monitoring.models import Backfill, Deployment, MonitorRun, RunState, Score
from tests import factories

pytestmark = pytest.mark.django_db


def ask(deployment: Deployment, scope: str = "missed", newest: int | None = None) -> Backfill:
    return backfills.ask_backfill(
        deployment=deployment, scope=scope, newest=newest, why="catch up", actor=factories.SYSTEM
    )


def runs(deployment: Deployment) -> list[tuple[int, str]]:
    found = MonitorRun.objects.filter(deployment=deployment).order_by("transcript_id", "run_no")
    return list(found.values_list("run_no", "state"))


def switch(deployment: Deployment, *, enabled: bool) -> None:
    services.change_deployment(deployment=deployment, enabled=enabled, why="x", actor=factories.SYSTEM)
    deployment.refresh_from_db()


def test_a_monitor_that_was_off_catches_up_with_cancelled_and_missed_ones(project: Project) -> None:
    deployment = factories.make_deployment(project)
    measured, waiting = (factories.make_transcript(project) for _ in range(2))
    factories.make_score(measured, deployment=deployment)
    services.schedule(transcript_ids=[waiting.pk], actor=factories.SYSTEM)
    switch(deployment, enabled=False)
    missed = factories.make_transcript(project)
    services.schedule(transcript_ids=[missed.pk], actor=factories.SYSTEM)
    assert runs(deployment) == [(1, "done"), (1, "cancelled")]
    switch(deployment, enabled=True)
    backfill = ask(deployment)
    assert backfills.work(backfill.pk) is False
    backfill.refresh_from_db()
    assert runs(deployment) == [(1, "done"), (1, "queued"), (1, "queued")]
    assert (backfill.n_seen, backfill.n_total, backfill.n_runs) == (3, 3, 2)
    assert backfill.finished_at is not None
    claimed = services.claim_runs(run_ids=list(MonitorRun.objects.values_list("pk", flat=True)), worker="w")
    assert {run.transcript_id for run in claimed} == {waiting.pk, missed.pk}


def test_only_the_newest_are_looked_at_and_other_projects_never(project: Project, other_project: Project) -> None:
    transcripts = [factories.make_transcript(project) for _ in range(3)]
    factories.make_transcript(other_project)
    deployment = factories.make_deployment(project)
    backfills.work(ask(deployment, newest=2).pk)
    assert set(MonitorRun.objects.values_list("transcript_id", flat=True)) == {t.pk for t in transcripts[1:]}


def test_it_goes_on_in_steps_where_it_stopped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfills, "STEP", 2)
    for _ in range(5):
        factories.make_transcript(project)
    deployment = factories.make_deployment(project)
    backfill = ask(deployment)
    assert backfills._step(backfill.pk) is True
    assert MonitorRun.objects.count() == 2
    backfills.work(backfill.pk)
    assert sorted(runs(deployment)) == [(1, "queued")] * 5
    backfill.refresh_from_db()
    assert (backfill.n_seen, backfill.n_runs) == (5, 5)


def test_transcripts_of_one_instant_are_all_seen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfills, "STEP", 2)
    first = factories.make_transcript(project)
    others = [factories.make_transcript(project) for _ in range(4)]
    type(first).objects.filter(pk__in=[t.pk for t in others]).update(received_at=first.received_at)
    backfills.work(ask(factories.make_deployment(project)).pk)
    assert MonitorRun.objects.count() == 5


def test_older_scores_are_measured_again_only_when_that_was_asked(project: Project) -> None:
    deployment = factories.make_deployment(project)
    factories.make_score(factories.make_transcript(project), deployment=deployment)
    services.change_deployment(deployment=deployment, params={"max_evidence": 3}, why="x", actor=factories.SYSTEM)
    deployment.refresh_from_db()
    backfills.work(ask(deployment).pk)
    assert runs(deployment) == [(1, "done")]
    backfills.work(ask(deployment, "older").pk)
    assert runs(deployment) == [(1, "done"), (2, "queued")]


def test_a_larger_sample_takes_in_what_the_smaller_left_out(project: Project) -> None:
    deployment = factories.make_deployment(project, sample_share=0.0)
    transcript = factories.make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    assert Score.objects.get().reason == "sampled_out"
    services.change_deployment(deployment=deployment, sample_share=1.0, why="x", actor=factories.SYSTEM)
    deployment.refresh_from_db()
    backfills.work(ask(deployment).pk)
    assert runs(deployment) == [(1, "done"), (2, "queued")]


def test_a_revived_run_of_a_later_stage_waits_for_the_earlier_one(project: Project) -> None:
    first = factories.make_deployment(project)
    later = factories.make_deployment(project, "answer_consistency", stage=1)
    transcript = factories.make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    for enabled in (False, True):
        switch(later, enabled=enabled)
    backfills.work(ask(later).pk)
    assert (runs(first), runs(later)) == ([(1, "queued")], [(1, "waiting")])


def test_it_waits_while_much_is_unended(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfills, "MOST_UNENDED", 1)
    deployment = factories.make_deployment(project)
    services.schedule(transcript_ids=[factories.make_transcript(project).pk], actor=factories.SYSTEM)
    backfill = ask(deployment)
    assert backfills.work(backfill.pk) is False
    backfill.refresh_from_db()
    assert (backfill.n_seen, backfill.finished_at) == (0, None)


def test_one_at_a_time_and_it_can_be_stopped(project: Project) -> None:
    factories.make_transcript(project)
    deployment = factories.make_deployment(project)
    backfill = ask(deployment)
    with pytest.raises(Conflict):
        ask(deployment)
    backfills.stop_backfill(deployment=deployment, actor=factories.SYSTEM)
    assert backfills.work(backfill.pk) is False
    assert MonitorRun.objects.count() == 0
    actions = LedgerEvent.objects.filter(action__startswith="deployment.backfill").order_by("pk")
    assert [event.action for event in actions] == ["deployment.backfill_asked", "deployment.backfill_stopped"]


def test_what_cannot_be_begun_is_refused(project: Project) -> None:
    deployment = factories.make_deployment(project)
    with pytest.raises(Invalid, match="no transcript"):
        ask(deployment)
    factories.make_transcript(project)
    with pytest.raises(Invalid, match="why"):
        backfills.ask_backfill(deployment=deployment, scope="missed", why=" ", actor=factories.SYSTEM)
    switch(deployment, enabled=False)
    with pytest.raises(Invalid, match="on first"):
        ask(deployment)
    assert not Backfill.objects.exists()


def test_turning_it_off_ends_it(project: Project) -> None:
    factories.make_transcript(project)
    deployment = factories.make_deployment(project)
    backfill = ask(deployment)
    switch(deployment, enabled=False)
    assert backfills.work(backfill.pk) is False
    backfill.refresh_from_db()
    assert backfill.finished_at is not None
    assert not MonitorRun.objects.filter(state=RunState.QUEUED).exists()
