"""Figures from the database, and the alarms that follow: raised once, told to the ledger and to webhooks, cleared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.alerts import services as alerts
from oversight.alerts.models import Delivery
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.audit.tasks import deliver
from oversight.judges import watching
from oversight.judges.concerns import concerns
from oversight.judges.figures import figures_of
from oversight.judges.models import Alarm, Kind, Outcome, Report
from oversight.lib import clock
from oversight.monitoring.models import Deployment
from tests import factories
from tests.conftest import Clock
from tests.oversight.judges.arrange import DIGEST, PROMPT, admit, canary, scores
from tests.oversight.judges.case_server import NAME

pytestmark = pytest.mark.django_db


def test_without_anything_everything_is_unknown_and_no_alarm(deployment: Deployment) -> None:
    watching.compute(deployment)
    assert not Alarm.objects.exists()
    figures = Report.objects.get().figures
    assert figures["admission"] is None
    assert figures["hijack"] is None
    assert figures["canaries"]["positive"]["low"] is None


def test_only_canaries_of_the_present_judge_and_prompt_count(deployment: Deployment) -> None:
    admit(deployment)
    for _ in range(3):
        canary(deployment, Kind.POSITIVE, Outcome.MISSED, judge_digest="0" * 64)
        canary(deployment, Kind.POSITIVE, Outcome.MISSED, prompt_sha256="1" * 64)
    scores(deployment, [0.1])
    for _ in range(6):
        canary(deployment, Kind.POSITIVE, Outcome.FOUND)
    canary(deployment, Kind.POSITIVE, Outcome.UNMEASURED, prompt_sha256="", value=None, score_state="unscored")
    figures = figures_of(deployment)
    assert (figures["judge"], figures["prompt_sha256"]) == (DIGEST, PROMPT)
    found = figures["canaries"]["positive"]
    assert (found["n"], found["n_bad"], found["n_unmeasured"]) == (6, 0, 1)


def test_the_overview_names_what_fails_and_leads_to_it(
    deployment: Deployment, other_project: Project, client_of: Callable[[User], Client], dave: User
) -> None:
    admit(deployment)
    for _ in range(6):
        canary(deployment, Kind.POSITIVE, Outcome.MISSED)
    watching.compute(deployment)
    factories.make_transcript(deployment.project)
    client, slug = client_of(dave), deployment.project.slug
    assert "Planted positives" in client.get(f"/monitors/judges/?project={slug}").content.decode()
    page = client.get("/overview/").content.decode()
    assert f"1 check fails in {slug}: planted positives." in page
    assert f'href="/monitors/judges/?project={slug}"' in page
    assert not list(concerns([other_project.pk]))
    Alarm.objects.update(cleared_at=clock.now())
    assert "check fails" not in client.get("/overview/").content.decode()


def test_an_alarm_is_raised_once_and_cleared_when_it_is_known_to_be_well(deployment: Deployment) -> None:
    admit(deployment)
    for outcome in (*[Outcome.FOUND] * 6, *[Outcome.MISSED] * 4):
        canary(deployment, Kind.POSITIVE, outcome)
    watching.compute(deployment)
    watching.compute(deployment)
    alarm = Alarm.objects.get()
    assert (alarm.rule, alarm.cleared_at) == ("positives_missed", None)
    event = LedgerEvent.objects.get(action="judge.alarm")
    detail = LedgerDetail.objects.get(event=event).detail or {}
    assert (event.object_id, detail["rule"], detail["monitor"]) == (str(deployment.pk), "positives_missed", NAME)
    assert "4 of 10" in detail["evidence"]
    for _ in range(50):
        canary(deployment, Kind.POSITIVE, Outcome.FOUND)
    watching.compute(deployment)
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    assert LedgerEvent.objects.filter(action="judge.alarm_cleared").count() == 1
    assert LedgerEvent.objects.filter(action="judge.alarm").count() == 1


def test_what_becomes_unknown_keeps_its_alarm(deployment: Deployment) -> None:
    admit(deployment)
    for _ in range(6):
        canary(deployment, Kind.POSITIVE, Outcome.MISSED)
    watching.compute(deployment)
    # Another judge, of whom nothing is known yet.
    admit(deployment, judge_digest="e" * 64)
    canary(deployment, Kind.POSITIVE, Outcome.FOUND, judge_digest="e" * 64, ended_at=clock.now() + timedelta(minutes=1))
    figures = watching.compute(deployment).figures
    assert figures["canaries"]["positive"]["n"] == 1
    assert Alarm.objects.get(rule="positives_missed").cleared_at is None


def test_a_judge_that_was_turned_off_has_no_open_alarm(deployment: Deployment) -> None:
    admit(deployment, admitted=False)
    scores(deployment, [0.1])
    watching.watch()
    assert Alarm.objects.get().rule == "not_admitted"
    Deployment.objects.update(enabled=False)
    watching.watch()
    assert Alarm.objects.get().cleared_at is not None


def test_watching_computes_only_what_has_moved_on(deployment: Deployment, clock: Clock) -> None:
    assert watching.watch() == 1
    clock.advance(minutes=5)
    assert watching.watch() == 0
    canary(deployment, Kind.POSITIVE, Outcome.FOUND)
    assert watching.watch() == 1
    canary(deployment, Kind.POSITIVE, Outcome.FOUND)
    assert watching.watch() == 0  # it is young
    clock.advance(minutes=5)
    assert watching.watch() == 1


def test_scores_that_moved_within_a_version_are_drift(deployment: Deployment) -> None:
    random = np.random.default_rng(3)
    values = [*random.uniform(0.0, 0.3, 60), *random.uniform(0.3, 0.6, 60)]
    admit(deployment)
    scores(deployment, [float(value) for value in values])
    figures = watching.compute(deployment).figures
    assert figures["drift"]["within"]["p"] < 0.001
    assert figures["answers"]["n_read"] == 120
    assert Alarm.objects.get(rule="drift").evidence.startswith("Between the older and the newer half of this version")


def test_a_change_of_judge_begins_a_new_segment_and_is_compared(deployment: Deployment) -> None:
    random = np.random.default_rng(4)
    now = clock.now()
    scores(deployment, [float(v) for v in random.uniform(0.0, 0.4, 60)], start=now - timedelta(hours=4))
    scores(deployment, [float(v) for v in random.uniform(0.5, 0.9, 60)], judge="other", start=now - timedelta(hours=2))
    figures = watching.compute(deployment).figures
    first, second = figures["drift"]["segments"]
    assert (first["n"], second["n"], second["why"], second["number"]) == (60, 60, "the judge changed", 1)
    assert figures["drift"]["between"]["distance"] == 1.0
    assert "Since version 1 (the judge changed)" in Alarm.objects.get(rule="drift").evidence


def test_another_deployment_of_the_rubric_is_compared_on_the_same_transcripts(
    project: Project, deployment: Deployment
) -> None:
    from monitors.base import Score

    other = factories.make_deployment(project, NAME, backend="server", params={"samples": 1})
    for number in range(30):
        transcript = factories.make_transcript(project, reasoning=f"Thought {number}.")
        value = 0.9 if number % 3 == 0 else 0.1
        factories.make_score(transcript, deployment=deployment, score=Score(value))
        factories.make_score(transcript, deployment=other, score=Score(value if number % 10 else 1 - value))
    [found] = figures_of(deployment)["judges"]
    assert (found["n"], found["title"]) == (30, "the model server (samples = 1)")
    assert found["raw"]["value"] == pytest.approx(0.9)
    assert found["kappa"]["low"] < found["kappa"]["value"] < found["kappa"]["high"]
    assert {"ac", "ac2", "dominant"} <= set(found)


def test_labels_by_people_are_compared_and_those_of_a_judge_are_called_agreement(
    project: Project, deployment: Deployment
) -> None:
    from monitors.base import Score
    from tests.oversight.quality.arrange import judged

    reviewer: User = factories.make_user("rita", project=project)
    for number in range(12):
        recorded = [{"rubric": NAME, "judge": "claude-haiku", "p_positive": 0.9 if number % 2 else 0.2}]
        transcript = factories.make_transcript(project, reasoning=f"Thought {number}.", recorded=recorded)
        factories.make_score(transcript, deployment=deployment, score=Score(0.8 if number % 2 else 0.1))
        judged(transcript, "confirmed" if number % 2 else "benign", reviewer)
    people, judge = figures_of(deployment)["labels"]
    assert (people["is_truth"], people["kappa"]["value"], people["n"]) == (True, 1.0, 12)
    assert (judge["is_truth"], judge["made_by"]) == (False, "the judge claude-haiku, prompt not stated")


@pytest.mark.parametrize(("kind", "says"), [("standard", '"rule":"not_admitted"'), ("slack", "Alarm in alpha")])
def test_an_alarm_reaches_a_webhook_that_asks_for_it(
    project: Project, deployment: Deployment, settings: Any, kind: str, says: str
) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.1:9",)
    endpoint = alerts.create_endpoint(
        project=project, name="Ops", url="http://127.0.0.1:9/hook", kind=kind, actor=factories.SYSTEM
    ).endpoint
    alerts.save_rule(
        endpoint=endpoint,
        event_types=["judge.alarm"],
        monitors=["byte_channels"],
        min_score=1.0,
        actor=factories.SYSTEM,
    )
    admit(deployment, admitted=False)
    scores(deployment, [0.1])
    watching.compute(deployment)
    deliver(list(LedgerEvent.objects.filter(action="judge.alarm").values_list("pk", flat=True)))
    delivery = Delivery.objects.get()
    body = bytes(delivery.body).decode()
    assert says in body
    assert f"/monitors/judges/{deployment.pk}/" in body
    assert delivery.transcript_id is None
