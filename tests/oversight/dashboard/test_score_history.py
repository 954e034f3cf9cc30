"""A deployment's history: counts that add up, quantiles, marks of changes; heads of scores only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from monitors.base import Reason, Score
from oversight.accounts.models import Project, User
from oversight.dashboard import history_charts, score_history
from oversight.dashboard.score_history import History
from oversight.monitoring import services
from oversight.monitoring.models import Deployment
from oversight.monitoring.models import Score as ScoreRow
from oversight.review.models import ItemState, ReviewItem, Stream
from oversight.review.services import queue_flagged
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
Past = Callable[[Deployment, str], History]


@pytest.fixture
def history(alice: User) -> Past:
    """As a reviewer sees it."""
    return partial(score_history.history, reader=alice)


def scored(project: Project, deployment: Deployment, score: Score, *, days_ago: float = 0.0) -> None:
    row = factories.make_score(factories.make_transcript(project), deployment=deployment, score=score)
    ScoreRow.objects.filter(pk=row.pk).update(at=row.at - timedelta(days=days_ago))


@pytest.fixture
def deployment(project: Project) -> Deployment:
    made: Deployment = factories.make_deployment(project)
    for value in (0.0, 0.2, 0.4, 1.0):
        scored(project, made, Score(value))
    scored(project, made, Score.unscored(Reason.TOO_SHORT))
    scored(project, made, Score.skipped(Reason.NO_REASONING))
    scored(project, made, Score(0.9), days_ago=3)
    scored(project, made, Score(0.9), days_ago=100)
    return made


def test_counts_add_up_by_hour_and_what_could_not_be_measured_stands_apart(
    deployment: Deployment, history: Past
) -> None:
    found = history(deployment, "week")
    assert (found.n_measured, found.n_flagged) == (5, 2)
    assert dict(found.states) == {"scored": 5, "unscored": 1, "skipped": 1}
    newest = found.buckets[-1]
    assert (newest.n_measured, newest.flagged_share) == (4, 0.25)
    assert newest.median == pytest.approx(0.3)
    assert newest.largest == 1.0
    assert found.bins[0] == (1, 0)
    assert found.bins[4] == (1, 0)
    assert found.bins[19] == (0, 1)
    assert sum(map(sum, found.bins)) == 5


@pytest.mark.parametrize(("period", "n"), [("day", 4), ("week", 5), ("all", 6)])
def test_a_period_holds_what_lies_in_it(deployment: Deployment, period: str, n: int, history: Past) -> None:
    assert history(deployment, period).n_measured == n


def test_changes_are_marked_with_their_reasons(deployment: Deployment, history: Past) -> None:
    services.change_deployment(deployment=deployment, threshold=0.3, why="too quiet", actor=factories.SYSTEM)
    services.change_deployment(deployment=deployment, enabled=False, why="noise", actor=factories.SYSTEM)
    marks = history(deployment, "day").marks
    assert [mark.label for mark in marks] == ["v1", "v2", "off"]
    assert "threshold: 0.5 → 0.3" in marks[1].sentence
    assert "(too quiet)" in marks[1].sentence


def test_each_chart_has_a_table_that_says_the_same(deployment: Deployment, history: Past) -> None:
    charts = {chart.id: chart for chart in history_charts.charts_of(history(deployment, "week"))}
    assert set(charts) == {"flagged-share", "quantiles", "distribution", "states"}
    assert charts["flagged-share"].rows[0][1:] == ("1", "4", "25.00 %")
    assert sum(charts["flagged-share"].figure["data"][0]["y"]) == pytest.approx(125.0)
    assert len(charts["distribution"].rows) == 20
    assert charts["states"].rows[0][1:] == ("4", "0", "1", "1")


def test_the_page_is_drawn_also_when_there_is_nothing(
    project: Project, deployment: Deployment, alice: User, erin: User, client_of: SignIn
) -> None:
    page = client_of(alice).get(f"/monitors/{deployment.pk}/history").content.decode()
    assert "What became of its runs" in page
    assert client_of(erin).get(f"/monitors/{deployment.pk}/history?period=nonsense").status_code == 200
    empty = factories.make_deployment(project, params={"max_evidence": 3})
    assert "No result in this period" in client_of(alice).get(f"/monitors/{empty.pk}/history").content.decode()


def test_only_heads_of_scores_are_read(
    deployment: Deployment, history: Past, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6) as queries:
        history(deployment, "all")
    said = " ".join(query["sql"] for query in queries.captured_queries)
    assert "transcripts_message" not in said
    assert '"evidence"' not in said


def test_what_is_read_blind_is_in_no_figure_until_ones_verdict(
    deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    blind = ScoreRow.objects.get(value=1.0)
    queue_flagged(transcript_id=blind.transcript_id, score=1.0, actor=factories.SYSTEM)
    ReviewItem.objects.update(stream=Stream.AUDIT)
    found = score_history.history(deployment, "day", reader=alice)
    assert (found.n_hidden, found.n_measured, found.n_flagged) == (1, 3, 0)
    assert found.buckets[-1].largest == 0.4
    assert found.bins[19] == (0, 0)
    page = client_of(alice).get(f"/monitors/{deployment.pk}/history?period=day").content.decode()
    assert "1 left out until your verdict" in page
    ReviewItem.objects.update(state=ItemState.DECIDED, decided_at=blind.at)
    assert score_history.history(deployment, "day", reader=alice).n_flagged == 1
