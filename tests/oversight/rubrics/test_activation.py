"""A rubric at work: its version is a monitor, whose flags go where all flags go, and whose judge must be admitted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from monitors import registry
from oversight.accounts.models import Project, User
from oversight.alerts import deliveries, fan_out
from oversight.alerts import services as alerts
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.dashboard.templatetags.instruments import trace_url
from oversight.judges import watching
from oversight.lib.errors import Invalid
from oversight.monitoring import backfills, execution, selectors
from oversight.monitoring import services as monitoring
from oversight.monitoring.models import Backfill, Deployment, MonitorRun, Score
from oversight.review import handlers as review
from oversight.review.models import ReviewItem
from oversight.rubrics import activation, admissions, at_work, planning, runs, services
from oversight.rubrics import execution as judging
from oversight.rubrics.models import RubricRun, RubricVersion
from oversight.transcripts.models import Transcript
from tests import factories
from tests.oversight.alerts.arrange import make_endpoint
from tests.oversight.rubrics.judge_server import JudgeServer
from tests.oversight.rubrics.test_admission import examined
from tests.oversight.rubrics.words import WORDS
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
Make = Callable[..., list[Transcript]]


def activate(version: RubricVersion, by: User, **given: Any) -> Deployment:
    values = {"backend": "server", "threshold": 0.5, "sample_share": 1.0, "newest": None, "why": "it is good", **given}
    return activation.activate(version=version, by=by, **values)


def work(deployment: Deployment) -> None:
    """What a worker does with the deployment's runs, and then review with the flags."""
    ids = list(MonitorRun.objects.filter(deployment=deployment, state="queued").values_list("pk", flat=True))
    execution.execute_chunk(ids, queue="judge")
    for event in LedgerEvent.objects.filter(action="transcript.flagged").order_by("pk"):
        review.queue_flagged(event)


def ingest(transcripts: list[Transcript]) -> None:
    monitoring.schedule(transcript_ids=[one.pk for one in transcripts], actor=Actor.worker("test"))


def flagged() -> set[UUID]:
    return set(Score.objects.filter(flagged=True).values_list("transcript_id", flat=True))


def test_what_a_version_at_work_finds_is_queued_and_shown_as_any_flag(
    version: RubricVersion, dave: User, admitted: list[Transcript], make: Make, client_of: ClientOf
) -> None:
    deployment = activate(version, dave)
    bad, good = make(1, 1)
    ingest([bad, good])
    work(deployment)
    assert flagged() == {bad.pk}
    assert list(ReviewItem.objects.values_list("transcript_id", flat=True)) == [bad.pk]
    [row] = selectors.scores_of(bad.pk)
    assert (row.monitor, row.version, row.value) == (f"rubric_{version.rubric_id}_secrecy", 1, 0.9)
    assert "secretly" in row.evidence[0].quote
    assert not selectors.scores_of(good.pk)[0].flagged
    event = LedgerEvent.objects.get(action="transcript.flagged")
    told = LedgerDetail.objects.get(event=event).detail or {}
    assert (event.object_id, told["monitor"], told["threshold"]) == (str(bad.pk), deployment.monitor, "0.500000")
    page = client_of(dave).get(trace_url(bad.pk)).content.decode()
    assert "Rubric: secrecy" in page


def test_its_flag_reaches_a_webhook(
    version: RubricVersion, dave: User, project: Project, admitted: list[Transcript], make: Make, settings: Settings
) -> None:
    with Receiver() as receiver:
        settings.OUTBOUND_ALLOW = (receiver.place,)
        standing = make_endpoint(project, receiver)
        deployment = activate(version, dave)
        alerts.save_rule(
            endpoint=standing.endpoint,
            event_types=["transcript.flagged"],
            monitors=[deployment.monitor],
            actor=Actor.of(dave),
        )
        [bad, good] = make(1, 1)
        ingest([bad, good])
        work(deployment)
        [pk] = fan_out.queue(LedgerEvent.objects.get(action="transcript.flagged"))
        assert deliveries.attempt(pk)
        [request] = receiver.received
    sent = json.loads(request.body)["data"]
    assert (sent["id"], sent["monitor"], sent["score"]) == (str(bad.pk), deployment.monitor, 0.9)
    assert b"secretly" not in request.body


def test_an_unadmitted_pair_flags_nothing_and_clears_nothing(
    version: RubricVersion, dave: User, admitted: list[Transcript], make: Make
) -> None:
    deployment = activate(version, dave)
    admissions.drop(rubric=version.rubric, transcript_ids=[admitted[0].pk], by=dave)
    [bad] = make(1)
    ingest([bad])
    work(deployment)
    [row] = selectors.scores_of(bad.pk)
    assert (row.state, row.reason, row.value, row.flagged) == ("unscored", "judge_not_admitted", None, False)
    assert not ReviewItem.objects.exists()


def test_a_version_without_an_admitted_judge_is_not_put_to_work(
    version: RubricVersion, dave: User, judge: JudgeServer, client_of: ClientOf
) -> None:
    with pytest.raises(Invalid, match="No judge is admitted"):
        activate(version, dave)
    form = {"version": "1", "backend": "server", "threshold": "0.5", "sample_share": "1", "why": "x"}
    answer = client_of(dave).post(f"/rubrics/{version.rubric_id}/activate", form)
    assert answer.status_code == 422
    assert "No judge is admitted" in answer.content.decode()
    assert not Deployment.objects.filter(monitor__startswith="rubric_").exists()


def test_saving_words_changes_nothing_until_they_are_put_to_work(
    version: RubricVersion, dave: User, admitted: list[Transcript]
) -> None:
    deployment = activate(version, dave)
    words = replace(WORDS, definition="Something else.")
    second = services.save_version(rubric=version.rubric, based_on=1, words=words, why="better", by=dave)
    assert registry.entry(deployment.monitor).version == 1
    with pytest.raises(Invalid, match="No judge is admitted"):
        activate(second, dave)
    examined(second, dave)
    assert activate(second, dave).version == 2
    deployment.refresh_from_db()
    assert deployment.params_digest == registry.params_digest(deployment.monitor, {})


def test_it_catches_up_on_what_was_there(version: RubricVersion, dave: User, admitted: list[Transcript]) -> None:
    deployment = activate(version, dave, newest=60)
    assert not backfills.work(Backfill.objects.get().pk)
    work(deployment)
    assert flagged() == {one.pk for one in admitted[:30]}
    assert ReviewItem.objects.count() == 30


def test_a_run_over_a_filter_counts_as_the_deployments_and_asks_nobody_twice(
    version: RubricVersion, dave: User, admitted: list[Transcript], judge: JudgeServer
) -> None:
    def ran() -> None:
        run = runs.ask_run(version=version, backend="server", filters={}, most=None, by=dave)
        RubricRun.objects.filter(pk=run.pk).update(state="ready")
        run.refresh_from_db()
        runs.start(run=run, cap_tokens=10_000_000, cap_money=None, by=dave)
        planning.work(run.pk)
        while judging.work(run.pk):
            pass

    ran()
    assert not Score.objects.exists(), "it is not at work yet"
    deployment = activate(version, dave)
    ran()
    assert flagged() == {one.pk for one in admitted[:30]}
    assert Score.objects.count() == 60
    ran()
    assert Score.objects.count() == 60
    judge.judged.clear()
    work(deployment)
    assert not judge.judged
    assert ReviewItem.objects.count() == 30


def test_the_pages_of_a_rubric_at_work(
    version: RubricVersion, dave: User, admitted: list[Transcript], client_of: ClientOf
) -> None:
    client, pk = client_of(dave), version.rubric_id
    assert "Not at work" in client.get(f"/rubrics/{pk}/").content.decode()
    assert client.get(f"/rubrics/{pk}/activate?version=1").status_code == 200
    form = {"version": "1", "backend": "server", "threshold": "0.7", "sample_share": "1", "newest": "5", "why": "go"}
    made = client.post(f"/rubrics/{pk}/activate", form)
    deployment = Deployment.objects.get(monitor=f"rubric_{pk}_secrecy")
    assert (made.status_code, made["Location"]) == (302, f"/monitors/{deployment.pk}/")
    page = client.get(made["Location"]).content.decode()
    for said in ("Rubric: secrecy", "Admitted", f"/rubrics/{pk}/admission", "parse rate 1.00"):
        assert said in page
    assert "flags from 0.7" in client.get(f"/rubrics/{pk}/").content.decode()
    named = ("monitoring:versions", "monitoring:configure", "dashboard:monitor-history", "dashboard:monitor-thresholds")
    for name in (*named, "quality:page", "judges:judge"):
        assert client.get(reverse(name, args=[deployment.pk])).status_code == 200
    assert "Rubric: secrecy" in client.get("/monitors/").content.decode()
    client.post(f"/monitors/{deployment.pk}/examine")
    assert not LedgerEvent.objects.filter(action__contains="examination").exists()
    watching.compute(deployment)
    assert "Rubric: secrecy" in client.get("/monitors/judges/").content.decode()


def test_a_rubric_is_no_monitor_of_another_project(
    version: RubricVersion, other_project: Project, client_of: ClientOf
) -> None:
    name = at_work.monitor_name(version.rubric)
    assert registry.known(name) is not None
    assert name not in registry.entries()
    assert registry.known(f"rubric_{version.rubric_id}_other") is None
    assert registry.known("rubric_999999999") is None
    client = client_of(factories.make_user("zoe", project=other_project, role="lead"))
    assert client.get(f"/monitors/installed/{name}/").status_code == 404
    assert client.post(f"/monitors/installed/{name}/add", {"backend": "server"}).status_code == 404
    assert client.get(f"/rubrics/{version.rubric_id}/activate").status_code == 404
