"""Thresholds from clean data: what counts as clean, the two halves, and setting what the page proposed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from monitors.base import Score
from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerDetail
from oversight.dashboard import thresholds
from oversight.monitoring.models import Deployment
from oversight.monitoring.models import Score as ScoreRow
from oversight.review.models import Assignment, ReviewItem, Verdict
from oversight.transcripts.models import Transcript
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def scored(project: Project, deployment: Deployment, n: int, value: float = 0.1, **fields: Any) -> list[Transcript]:
    made = [factories.make_transcript(project, **fields) for _ in range(n)]
    for transcript in made:
        factories.make_score(transcript, deployment=deployment, score=Score(value))
    return made


@pytest.fixture
def deployment(project: Project) -> Deployment:
    made: Deployment = factories.make_deployment(project)
    return made


def judged(transcript: Transcript, label: str, reviewer: User, state: str = "settled") -> None:
    queue = transcript.project.queues.first() or transcript.project.queues.create(name="q")
    at = transcript.received_at
    item = ReviewItem.objects.filter(transcript=transcript).first() or ReviewItem.objects.create(
        queue=queue, project=transcript.project, transcript=transcript, created_at=at
    )
    assignment = Assignment.objects.create(item=item, reviewer=reviewer, state="done", lease_until=at, claimed_at=at)
    Verdict.objects.create(assignment=assignment, item=item, label=label, state=state, committed_at=at, settles_at=at)


def test_what_is_bad_or_unfinished_or_of_other_parameters_is_not_clean(
    project: Project, deployment: Deployment, alice: User, dave: User, carol: User
) -> None:
    from oversight.monitoring import services

    planted, suspicious, confirmed, benign, undone, unread = scored(project, deployment, 6)
    Transcript.objects.filter(pk=planted.pk).update(planted=True)
    for transcript, label in ((suspicious, "suspicious"), (confirmed, "confirmed"), (benign, "benign")):
        judged(transcript, label, alice)
    judged(undone, "suspicious", alice, state="undone")
    factories.make_score(factories.make_transcript(project), deployment=deployment, score=Score.unscored(_too_short()))
    clean = thresholds.clean_scores(deployment)
    assert (clean.n, clean.n_planted, clean.n_positive, clean.n_incomplete) == (3, 1, 2, 1)
    services.change_deployment(deployment=deployment, params={"max_evidence": 3}, why="x", actor=factories.SYSTEM)
    deployment.refresh_from_db()
    assert thresholds.clean_scores(deployment).n == 0
    assert unread.pk


def _too_short() -> Any:
    from monitors.base import Reason

    return Reason.TOO_SHORT


def test_a_group_is_on_one_side(project: Project, deployment: Deployment) -> None:
    for number in range(6):
        scored(project, deployment, 2, value=number / 10, meta={"problem_id": f"p{number}"})
    [found] = thresholds.clean_scores(deployment).by_model.values()
    assert found.n == 12
    assert not set(found.to_set) & set(found.to_check)


def test_too_few_is_said_and_nothing_proposed(
    project: Project, deployment: Deployment, dave: User, client_of: SignIn
) -> None:
    scored(project, deployment, 5)
    page = client_of(dave).get(f"/monitors/{deployment.pk}/thresholds?alpha=0.01").content.decode()
    assert "not enough:" in page
    assert "99 are needed for 0.01" in page
    assert 'name="set"' not in page
    assert "Not enough clean scores" in page


def figures(page: str) -> dict[str, str]:
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("alpha", "until", "digest")}  # type: ignore[index]


def test_a_threshold_is_set_with_what_it_rests_on(
    project: Project, deployment: Deployment, dave: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thresholds, "half", lambda group: int(group[-1], 16) % 2)
    for value in (0.1, 0.3):
        scored(project, deployment, 26, value=value, model="a<b>")
    scored(project, deployment, 3, model="small")
    client, where = client_of(dave), f"/monitors/{deployment.pk}/thresholds"
    page = client.get(f"{where}?alpha=0.05").content.decode()
    assert "a&lt;b&gt;" in page
    form = {**figures(page), "set": ["model:a<b>"], "why": "one in twenty"}
    # What comes later does not change what was proposed.
    scored(project, deployment, 1, value=0.9)
    assert client.post(f"{where}/set", form).status_code == 302
    deployment.refresh_from_db()
    assert (deployment.model_thresholds, deployment.threshold) == ({"a<b>": 0.3001}, 0.5)
    version = deployment.versions.get(number=deployment.number)
    [basis] = version.basis["models"]
    assert (basis["model"], basis["alpha"], basis["per_10000"], basis["low"]) == ("a<b>", 0.05, 0.0, 0.0)
    assert basis["n_set"] + basis["n_checked"] == 52
    assert 0 < basis["high"] < 3000
    detail = LedgerDetail.objects.filter(detail__why="one in twenty").get().detail or {}
    assert detail["after"]["model_thresholds"] == {"a<b>": 0.3001}
    later = factories.make_score(
        factories.make_transcript(project, model="a<b>"), deployment=deployment, score=Score(0.4)
    )
    assert (later.threshold, later.flagged) == (0.3001, True)
    assert client.post(f"{where}/clear", {"why": "back"}).status_code == 302
    deployment.refresh_from_db()
    assert deployment.model_thresholds == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"set": []}, "Choose at least one threshold."),
        ({"digest": "0" * 16}, "The data has changed since"),
        ({"why": ""}, "This field is required."),
    ],
)
def test_what_was_not_proposed_is_not_set(
    project: Project, deployment: Deployment, dave: User, client_of: SignIn, change: dict[str, Any], said: str
) -> None:
    scored(project, deployment, 60)
    client, where = client_of(dave), f"/monitors/{deployment.pk}/thresholds"
    page = client.get(f"{where}?alpha=0.05").content.decode()
    answer = client.post(f"{where}/set", {**figures(page), "set": ["common"], "why": "x", **change})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    deployment.refresh_from_db()
    assert deployment.number == 1


def test_no_text_is_read_and_the_queries_stay_few(
    project: Project, deployment: Deployment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    scored(project, deployment, 4)
    with django_assert_num_queries(2) as queries:
        thresholds.threshold_page(deployment, 0.05)
    assert not [query for query in queries.captured_queries if "transcripts_message" in query["sql"]]


def test_a_reviewer_sees_the_figures_and_sets_nothing(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    scored(project, deployment, 60)
    page = client_of(alice).get(f"/monitors/{deployment.pk}/thresholds?alpha=0.05").content.decode()
    assert "All models together" in page
    assert 'name="set"' not in page
    assert ScoreRow.objects.count() == 60
