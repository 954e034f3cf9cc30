"""Scheduling, leases, fencing, the cascade, and how runs end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from monitors.base import Evidence, Reason, Score, State
from oversight.accounts.models import Project
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import services
from oversight.monitoring.models import Deployment, MonitorRun, RunState
from oversight.monitoring.models import Score as ScoreRow
from oversight.transcripts.models import Transcript
from tests import factories

pytestmark = pytest.mark.django_db
ACTOR = factories.SYSTEM


def schedule(*transcripts: Transcript) -> list[MonitorRun]:
    services.schedule(transcript_ids=[transcript.pk for transcript in transcripts], actor=ACTOR)
    return list(MonitorRun.objects.filter(transcript__in=transcripts).order_by("stage", "pk"))


def claim(run: MonitorRun) -> MonitorRun:
    [claimed] = services.claim_runs(run_ids=[run.pk], worker="w")
    return claimed


def expire(run: MonitorRun) -> None:
    MonitorRun.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))
    services.expire_leases()


def events(action: str) -> list[dict[str, object]]:
    pks = LedgerEvent.objects.filter(action=action).values_list("pk", flat=True)
    found = LedgerDetail.objects.filter(pk__in=pks).order_by("pk")
    return [detail or {} for detail in found.values_list("detail", flat=True)]


# --- scheduling


def test_each_enabled_deployment_of_the_own_project_gets_a_run(project: Project, other_project: Project) -> None:
    factories.make_deployment(project)
    factories.make_deployment(project, "answer_consistency", enabled=False)
    factories.make_deployment(other_project)
    [run] = schedule(factories.make_transcript(project))
    assert (run.deployment.monitor, run.deployment.project, run.state) == ("byte_channels", project, RunState.QUEUED)


def test_scheduling_twice_makes_no_second_run(project: Project) -> None:
    factories.make_deployment(project)
    transcript = factories.make_transcript(project)
    assert services.schedule(transcript_ids=[transcript.pk], actor=ACTOR) == 1
    assert services.schedule(transcript_ids=[transcript.pk], actor=ACTOR) == 0


def test_a_run_follows_its_backend_into_a_queue(project: Project) -> None:
    for backend in ("recorded", "local", "server"):
        factories.make_deployment(project, "judge_encoded_reasoning", backend=backend)
    queues = {run.deployment.backend: run.queue for run in schedule(factories.make_transcript(project))}
    assert queues == {"recorded": "cpu", "local": "model", "server": "judge"}


def test_later_stages_wait_for_all_runs_of_earlier_ones(project: Project) -> None:
    for monitor, backend in (("byte_channels", None), ("answer_consistency", None)):
        factories.make_deployment(project, monitor, backend=backend)
    factories.make_deployment(project, "judge_encoded_reasoning", backend="recorded")
    factories.make_deployment(project, "judge_encoded_reasoning", backend="local")
    first, second, recorded, asked = schedule(factories.make_transcript(project))

    def states() -> list[str]:
        return [MonitorRun.objects.get(pk=run.pk).state for run in (recorded, asked)]

    assert states() == ["waiting", "waiting"]
    services.finish(run=claim(first), score=Score(0.0))
    assert states() == ["waiting", "waiting"]
    services.fail(run=claim(second), error="it broke", permanent=True)
    assert states() == ["queued", "waiting"]
    services.finish(run=claim(recorded), score=Score(0.0))
    assert states() == ["done", "queued"]


def test_a_stage_with_nothing_before_it_starts_at_once(project: Project) -> None:
    factories.make_deployment(project, "judge_encoded_reasoning", backend="recorded")
    [run] = schedule(factories.make_transcript(project))
    assert run.state == RunState.QUEUED


def test_what_the_sample_leaves_out_ends_as_skipped_and_flags_nothing(project: Project) -> None:
    factories.make_deployment(project, sample_share=0.0)
    [run] = schedule(factories.make_transcript(project))
    assert (run.state, run.score.state, run.score.reason, run.score.value) == ("done", "skipped", "sampled_out", None)
    assert [detail["reason"] for detail in events("transcript.scored")] == ["sampled_out"]
    assert not events("transcript.flagged")


# --- leases and the fence


def test_a_claimed_run_cannot_be_claimed_again(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    assert claim(run).attempt == 1
    assert services.claim_runs(run_ids=[run.pk], worker="other") == []


def test_finishing_writes_score_and_events_together(project: Project) -> None:
    factories.make_deployment(project, threshold=0.8)
    transcript = factories.make_transcript(project)
    [run] = schedule(transcript)
    services.finish(run=claim(run), score=Score(0.8, (Evidence(0, 0, 2, "A ", "x"),), raw=3.5, unit="bits"))
    row = ScoreRow.objects.get(run=run)
    assert (row.value, row.flagged, row.threshold, row.attempt, row.raw) == (0.8, True, 0.8, 1, 3.5)
    assert row.evidence == [{"part": 0, "start": 0, "end": 2, "quote": "A ", "note": "x"}]
    assert [event["score"] for event in events("transcript.scored")] == ["0.800000"]
    assert [event["threshold"] for event in events("transcript.flagged")] == ["0.800000"]
    assert MonitorRun.objects.get(pk=run.pk).lease_until is None


@pytest.mark.parametrize(
    ("score", "is_flagged"),
    [
        (Score(0.49), False),
        (Score(0.5), True),
        (Score(0.6, state=State.PARTIAL, reason=Reason.TRUNCATED), True),
        (Score(0.1, state=State.PARTIAL, reason=Reason.TRUNCATED), False),
        # What a text that speaks to its judge got as "benign" is void, and a person reads it.
        (Score(0.1, state=State.PARTIAL, reason=Reason.ADDRESSED_TO_JUDGE), True),
        (Score.unscored(Reason.NO_BACKEND), False),
        (Score.skipped(Reason.NO_REASONING), False),
    ],
)
def test_only_a_value_at_or_above_the_threshold_flags_or_an_order_to_the_judge(
    project: Project, score: Score, is_flagged: bool
) -> None:
    factories.make_deployment(project, threshold=0.5)
    [run] = schedule(factories.make_transcript(project))
    services.finish(run=claim(run), score=score)
    assert ScoreRow.objects.get(run=run).flagged is is_flagged
    assert len(events("transcript.flagged")) == int(is_flagged)


def test_a_zombie_has_no_effect(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    zombie = claim(run)
    expire(run)
    current = claim(run)
    assert services.finish(run=zombie, score=Score(1.0)) is None
    assert not ScoreRow.objects.exists()
    assert not events("transcript.scored")
    assert services.postpone(run=zombie, error="late") is False
    assert services.renew(runs=[zombie]) == set()
    row = services.finish(run=current, score=Score(0.1))
    assert row is not None
    assert (row.attempt, row.value) == (2, 0.1)


def test_a_result_after_the_lease_was_taken_back_is_refused(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    slow = claim(run)
    expire(run)
    assert services.finish(run=slow, score=Score(1.0)) is None
    assert MonitorRun.objects.get(pk=run.pk).state == RunState.QUEUED


def test_one_zombie_among_results_spoils_none_of_the_others(project: Project) -> None:
    factories.make_deployment(project)
    first, second = schedule(factories.make_transcript(project), factories.make_transcript(project))
    zombie = claim(first)
    expire(first)
    good = claim(second)
    outcomes = [services.Outcome(zombie, Score(1.0)), services.Outcome(good, Score(0.2))]
    assert services.finish_many(outcomes=outcomes) == 1
    assert [row.run_id for row in ScoreRow.objects.all()] == [second.pk]


def test_a_renewed_lease_does_not_expire(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    claimed = claim(run)
    MonitorRun.objects.filter(pk=run.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert services.renew(runs=[claimed]) == {run.pk}
    assert services.expire_leases() == 0


def test_a_rolled_back_end_leaves_run_score_and_ledger_as_they_were(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    claimed = claim(run)
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        services.finish(run=claimed, score=Score(1.0))
        raise ZeroDivisionError
    assert MonitorRun.objects.get(pk=run.pk).state == RunState.LEASED
    assert not ScoreRow.objects.exists()
    assert not events("transcript.flagged")


# --- failure


def test_a_transient_failure_is_due_again_after_a_pause(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    services.fail(run=claim(run), error="TimeoutError at http.py:1 in get", permanent=False)
    run.refresh_from_db()
    assert (run.state, run.attempt, run.error) == (RunState.QUEUED, 1, "TimeoutError at http.py:1 in get")
    assert services.claim_runs(run_ids=[run.pk], worker="w") == []
    assert not ScoreRow.objects.exists()


def test_a_permanent_failure_is_a_state_and_never_a_value(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    services.fail(run=claim(run), error="ValueError at x.py:1 in score", permanent=True)
    run.refresh_from_db()
    assert (run.state, run.score.state, run.score.reason, run.score.value) == ("failed", "unscored", "error", None)
    assert run.score.rationale == "ValueError at x.py:1 in score"
    assert [event["reason"] for event in events("transcript.scored")] == ["error"]


def test_a_run_that_lost_its_worker_five_times_fails(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    for _ in range(services.MAX_ATTEMPTS):
        expire(claim(run))
    run.refresh_from_db()
    assert (run.state, run.attempt) == (RunState.FAILED, 5)
    assert "lost 5 times" in run.score.rationale


def test_a_run_that_was_tried_before_is_claimed_alone(project: Project) -> None:
    factories.make_deployment(project)
    runs = schedule(*(factories.make_transcript(project) for _ in range(3)))
    ids = [run.pk for run in runs]
    expire(claim(runs[0]))
    expire(claim(runs[1]))
    assert [run.pk for run in services.claim_runs(run_ids=ids, worker="w")] == [ids[2]]
    assert [run.pk for run in services.claim_runs(run_ids=ids, worker="w")] == [ids[0]]


def test_a_failed_run_is_run_again_once(project: Project) -> None:
    deployment = factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    services.fail(run=claim(run), error="broken", permanent=True)
    services.retry(deployment=deployment, run_ids=[run.pk], actor=ACTOR)
    with pytest.raises(Conflict):
        services.retry(deployment=deployment, run_ids=[run.pk], actor=ACTOR)
    assert [event["run_ids"] for event in events("runs.retried")] == [[run.pk]]
    again = MonitorRun.objects.get(run_no=2)
    services.finish(run=claim(again), score=Score(0.3))


def test_a_run_with_a_score_is_not_run_again(project: Project) -> None:
    deployment = factories.make_deployment(project)
    row = factories.make_score(factories.make_transcript(project), deployment=deployment)
    with pytest.raises(Conflict, match="ended with a score"):
        services.retry(deployment=deployment, run_ids=[row.run_id], actor=ACTOR)


# --- text that PostgreSQL cannot hold


def test_nul_and_surrogates_are_replaced_one_for_one(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    hostile = Score(1.0, (Evidence(0, 0, 3, "a\x00\ud800", "\x00"),), rationale="\udfff!", judge="j\x00")
    services.finish(run=claim(run), score=hostile)
    row = ScoreRow.objects.get(run=run)
    assert (row.evidence[0]["quote"], row.rationale, row.judge) == ("a��", "�!", "j�")


def test_endless_evidence_is_cut_and_says_so(project: Project) -> None:
    factories.make_deployment(project)
    [run] = schedule(factories.make_transcript(project))
    services.finish(run=claim(run), score=Score(1.0, tuple(Evidence(0, i, i + 1, "x") for i in range(1000))))
    row = ScoreRow.objects.get(run=run)
    assert len(row.evidence) == 300
    assert "700 more places" in row.rationale


# --- deployments


def test_a_change_is_recorded_with_before_after_and_reason(project: Project) -> None:
    deployment = factories.make_deployment(project)
    services.change_deployment(deployment=deployment, threshold=0.9, why="fewer flags", actor=ACTOR)
    made, changed = events("deployment.changed")
    assert made["before"] == {}
    assert (changed["before"]["threshold"], changed["after"]["threshold"]) == (0.5, 0.9)  # type: ignore[index]
    assert changed["why"] == "fewer flags"


@pytest.mark.parametrize(
    "change",
    [{"threshold": 1.5}, {"sample_share": -0.1}, {"params": {"nonsense": 1}}, {"params": {"acknowledged": "high"}}, {}],
)
def test_a_change_that_makes_no_sense_is_refused(project: Project, change: dict[str, object]) -> None:
    deployment = factories.make_deployment(project, "answer_consistency")
    with pytest.raises(Invalid):
        services.change_deployment(deployment=deployment, why="try", actor=ACTOR, **change)  # type: ignore[arg-type]
    assert len(events("deployment.changed")) == 1


def test_parameters_change_the_digest(project: Project) -> None:
    deployment = factories.make_deployment(project, "answer_consistency")
    changed = services.change_deployment(deployment=deployment, params={"acknowledged": 0.5}, why="x", actor=ACTOR)
    assert changed.params_digest != deployment.params_digest


def test_the_same_deployment_twice_is_a_conflict(project: Project) -> None:
    factories.make_deployment(project)
    with pytest.raises(Conflict):
        factories.make_deployment(project)


@pytest.mark.parametrize(
    ("monitor", "backend"), [("byte_channels", "local"), ("no_such_monitor", None), ("byte_channels", "recorded")]
)
def test_a_deployment_that_cannot_work_is_refused(project: Project, monitor: str, backend: str | None) -> None:
    with pytest.raises(Invalid):
        factories.make_deployment(project, monitor, backend=backend)
    assert not Deployment.objects.exists()


def test_disabling_cancels_what_no_worker_has_begun(project: Project) -> None:
    deployment = factories.make_deployment(project)
    begun, untouched = schedule(factories.make_transcript(project), factories.make_transcript(project))
    claimed = claim(begun)
    services.change_deployment(deployment=deployment, enabled=False, why="noise", actor=ACTOR)
    services.finish(run=claimed, score=Score(0.1))
    assert [MonitorRun.objects.get(pk=run.pk).state for run in (begun, untouched)] == ["done", "cancelled"]
