"""What model calls use: added up by deployment and day, and shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from monitors import base
from oversight.accounts.models import Project, User
from oversight.lib import clock
from oversight.monitoring import costs, services
from oversight.monitoring.costs import Spent
from oversight.monitoring.models import DailyCost, Deployment, MonitorRun, Score
from tests.factories import make_deployment, make_transcript

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
CALLED = base.Cost(seconds=2.0, calls=3, prompt_tokens=900, completion_tokens=100, cached_tokens=600, money=0.25)


def scored(deployment: Deployment, cost: base.Cost) -> None:
    transcript = make_transcript(deployment.project)
    services.schedule(transcript_ids=[transcript.pk], actor=services.WORKER)
    runs = MonitorRun.objects.filter(transcript=transcript, deployment=deployment)
    claimed = services.claim_runs(run_ids=[run.pk for run in runs], worker="w")
    services.finish_many(outcomes=[services.Outcome(run, base.Score(0.1, cost=cost)) for run in claimed])


def test_calls_add_up_by_deployment_and_day(
    project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    one, other = make_deployment(project, "byte_channels"), make_deployment(project, "known_codes")
    for deployment in (one, one, other):
        scored(deployment, CALLED)
    yesterday = clock.now() - timedelta(days=1)
    costs.add([Score(deployment=one, at=yesterday, cost={"calls": 1, "prompt_tokens": 7})])
    with django_assert_num_queries(1):
        found = costs.of_deployments([one.pk, other.pk])
    assert found[one.pk].today == Spent(2, 6, 1800, 1200, 200, 4.0, 0.5)
    assert found[one.pk].total == Spent(3, 7, 1807, 1200, 200, 4.0, 0.5)
    assert costs.together(found.values()).total.money == 0.75
    with django_assert_num_queries(1):
        days = costs.by_day(one)
    assert [spent.calls for _, spent in days] == [6, 1]
    assert days[0][1].cached_share == pytest.approx(1200 / 1800)


def test_a_score_without_a_call_counts_nothing(project: Project) -> None:
    scored(make_deployment(project, "byte_channels"), base.Cost(seconds=0.1))
    assert not DailyCost.objects.exists()


def test_a_result_that_came_too_late_costs_nothing_twice(project: Project) -> None:
    deployment = make_deployment(project, "byte_channels")
    transcript = make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=services.WORKER)
    [run] = services.claim_runs(run_ids=list(MonitorRun.objects.values_list("pk", flat=True)), worker="w")
    outcome = services.Outcome(run, base.Score(0.1, cost=CALLED))
    assert [services.finish_many(outcomes=[outcome]), services.finish_many(outcomes=[outcome])] == [1, 0]
    assert DailyCost.objects.get().calls == CALLED.calls
    assert deployment.daily_costs.count() == 1


def test_the_pages_show_tokens_and_money(project: Project, alice: User, client_of: SignIn) -> None:
    deployment = make_deployment(project, "byte_channels")
    scored(deployment, CALLED)
    listed = client_of(alice).get(f"/monitors/?project={project.slug}").content.decode()
    assert "1,000 tokens" in listed
    assert "0.25 USD" in listed
    page = client_of(alice).get(f"/monitors/{deployment.pk}/").content.decode()
    assert "3 calls for 1 score in all" in page
    assert clock.now().strftime("%Y-%m-%d") in page
