"""The quality page: what it says of each kind of label, who may see and set what, and what the ledger keeps."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.monitoring.models import Deployment
from oversight.quality import reports
from oversight.quality.models import Report
from tests import factories
from tests.oversight.quality.arrange import judged, labelled, separated

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def deployment(project: Project) -> Deployment:
    made: Deployment = factories.make_deployment(project)
    return made


def page_of(client: Client, deployment: Deployment, query: str = "") -> str:
    """The page once the worker that it asked has done its work; text without tags."""
    where = f"/monitors/{deployment.pk}/quality{query}"
    assert client.get(where).status_code == 200
    for report in Report.objects.filter(asked_at__isnull=False):
        reports.compute(report.pk)
    return client.get(where).content.decode()


def text_of(page: str) -> str:
    bare = re.sub(r"<script\b.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(bare))


def test_without_labels_the_page_says_what_to_do(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    factories.make_score(factories.make_transcript(project), deployment=deployment)
    text = text_of(page_of(client_of(alice), deployment))
    assert "No labels in this project yet" in text
    assert "label_provenance" in text
    assert not Report.objects.exists()
    assert not LedgerEvent.objects.filter(action="quality.viewed").exists()


def test_labels_by_people_are_detection_with_everything_beside_it(
    project: Project, deployment: Deployment, erin: User, client_of: SignIn
) -> None:
    separated(project, deployment)
    first = client_of(erin).get(f"/monitors/{deployment.pk}/quality").content.decode()
    assert "A worker is computing the figures" in text_of(first)
    page = page_of(client_of(erin), deployment)
    text = text_of(page)
    assert "bad is true , by people. 30 labelled transcripts" in text
    for chart in ("roc", "precision-recall", "scores", "reliability"):
        assert f'id="{chart}-figure"' in page
    for said in ("Precision", "Recall", "Length", "What you may claim", "20 negatives; 300 are the fewest", "Brier"):
        assert said in text, said
    assert "Agreement" not in text
    assert "No label by people yet" not in text


def test_labels_of_a_judge_are_agreement_and_never_detection(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    separated(project, deployment, meta={"label_provenance": {"bad": f"judge:gpt-9@{'ab' * 32}"}})
    text = text_of(page_of(client_of(alice), deployment))
    assert "Agreement with the judge gpt-9" in text
    assert "prompt abababababab" in text
    assert "Cohen's kappa" in text
    assert "No label by people yet" in text
    for word in ("Detection", "detection", "Recall ", "Precision and recall · detection"):
        assert word not in text, word
    assert "this would measure agreement" in text


def test_recorded_verdicts_by_the_scores_own_judge_are_agreement_by_construction(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    from oversight.monitoring.models import Score

    for index in range(12):
        recorded = [{"rubric": "judge_encoded_reasoning", "judge": "claude-haiku", "p_positive": index / 12}]
        labelled(project, deployment, index / 12, fields={"recorded": recorded})
    Score.objects.update(judge="Claude-Haiku")
    text = text_of(page_of(client_of(alice), deployment))
    assert "Agreement with the judge claude-haiku" in text
    assert "the agreement is there by construction" in text


def test_labels_of_unstated_origin_are_not_taken_for_truth(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    separated(project, deployment, 15, meta={"group": "one"})
    text = text_of(page_of(client_of(alice), deployment))
    assert "Agreement with labels of unstated origin" in text
    assert "1 clusters; an interval needs 10" in text


def test_one_class_is_not_estimable(project: Project, deployment: Deployment, alice: User, client_of: SignIn) -> None:
    for _ in range(8):
        labelled(project, deployment, 0.3, bad=False)
    text = text_of(page_of(client_of(alice), deployment))
    assert "not estimable" in text
    assert "0 positive, 8 negative; 5 of each are the fewest" in text
    assert "0 of 8: the rate is at most 31.2 %" in text


def test_what_was_reviewed_because_it_was_flagged_is_titled_so(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    for index in range(14):
        judged(labelled(project, deployment, 0.5 + index / 40), "confirmed" if index % 2 else "benign", alice)
    text = text_of(page_of(client_of(alice), deployment))
    assert "detection among reviewed" in text
    assert "they are no random sample" in text
    assert "Of the stream: nothing." in text
    assert "Missed a day is not estimable" in text


def test_the_label_with_most_human_labels_that_say_something_is_shown_first(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    meta = {"label_provenance": {"all": "human", "some": "human", "many": "program"}}
    for index in range(20):
        labels = {"all": True, "many": index % 2 == 0, **({"some": index % 2 == 0} if index < 12 else {})}
        labelled(project, deployment, index / 20, meta=meta, **labels)
    text = text_of(page_of(client_of(alice), deployment))
    assert "some is true , by people. 12 labelled transcripts" in text


def test_a_label_that_the_monitor_did_not_score_is_not_shown_first(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    meta = {"label_provenance": {"elsewhere": "human", "here": "program"}}
    for index in range(20):
        factories.make_transcript(project, labels={"elsewhere": index % 2 == 0}, meta=meta)
    for index in range(12):
        labelled(project, deployment, index / 12, meta=meta, here=index % 2 == 0)
    text = text_of(page_of(client_of(alice), deployment))
    assert "here is true , by a program. 12 labelled transcripts" in text


def test_the_opposite_of_correct_is_looked_for(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    for index in range(12):
        labelled(project, deployment, index / 12, meta={"source": "openai/grade-school-math x"}, correct=index < 6)
    text = text_of(page_of(client_of(alice), deployment))
    assert "correct is false , by a program" in text
    assert "AUROC · detection 1.000 no interval: every resampling" in text


def test_a_budgets_threshold_is_made_live_with_what_it_rests_on(
    project: Project, deployment: Deployment, dave: User, client_of: SignIn
) -> None:
    from oversight.monitoring import services

    _, scores = separated(project, deployment)
    services.change_deployment(deployment=deployment, model_thresholds={"m": 0.9}, why="x", actor=factories.SYSTEM)
    client = client_of(dave)
    page = page_of(client, deployment, "?budget=7")
    form = dict(re.findall(r'<input type="hidden" name="(labels|positive|against|budget|at)" value="([^"]*)"', page))
    assert client.post(f"/monitors/{deployment.pk}/quality/live", {**form, "why": ""}).status_code == 422
    stale = client.post(f"/monitors/{deployment.pk}/quality/live", {**form, "why": "x", "at": "before"})
    assert (stale.status_code, "computed anew since" in stale.content.decode()) == (422, True)
    assert client.post(f"/monitors/{deployment.pk}/quality/live", {**form, "why": "we read seven"}).status_code == 302
    deployment.refresh_from_db()
    level = sorted(scores)[-7]
    assert (deployment.threshold, deployment.model_thresholds) == (level, {})
    basis = deployment.versions.get(number=deployment.number).basis["quality"]
    assert (basis["budget"], basis["threshold"], basis["n"], basis["provenance"]) == (7, level, 30, "human")
    detail = LedgerDetail.objects.get(event__action="deployment.changed", detail__why="we read seven").detail or {}
    assert detail["after"]["threshold"] == level
    assert "7 a day by detection: precision" in client.get(f"/monitors/{deployment.pk}/versions").content.decode()


def test_a_reviewer_reads_and_sets_nothing(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    separated(project, deployment, 15)
    client = client_of(alice)
    assert "Make this the live threshold" not in page_of(client, deployment)
    assert client.post(f"/monitors/{deployment.pk}/quality/live", {"budget": 1, "why": "x"}).status_code == 403


def test_another_projects_monitor_is_not_there(
    project: Project, deployment: Deployment, bob: User, client_of: SignIn
) -> None:
    separated(project, deployment, 15)
    report = Report.objects.create(deployment=deployment, key="k", selection={})
    client = client_of(bob)
    assert client.get(f"/monitors/{deployment.pk}/quality").status_code == 404
    assert client.get(f"/monitors/{deployment.pk}/quality/{report.pk}").status_code == 404


def test_each_reading_is_in_the_audit_trail(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    separated(project, deployment, 15)
    client_of(alice).get(f"/monitors/{deployment.pk}/quality")
    event = LedgerEvent.objects.select_related("detail_row").get(action="quality.viewed")
    assert (event.actor_id, event.object_id) == (str(alice.pk), str(deployment.pk))
    assert (event.detail_row.detail or {})["n_labels"] == 15


def test_the_page_fetches_itself_when_the_worker_has_ended(
    project: Project, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    separated(project, deployment, 15)
    client = client_of(alice)
    client.get(f"/monitors/{deployment.pk}/quality")
    report = Report.objects.get()
    where = f"/monitors/{deployment.pk}/quality/{report.pk}"
    assert "HX-Refresh" not in client.get(where).headers
    reports.compute(report.pk)
    assert client.get(where).headers["HX-Refresh"] == "true"


def test_hostile_names_and_bodies_do_no_harm(
    project: Project,
    deployment: Deployment,
    alice: User,
    client_of: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    name = "<script>alert(1)</script>"
    for index in range(14):
        meta = {"label_provenance": {name: "human"}, "source": "\ud800<b>x\x00"}
        labelled(project, deployment, index / 14, meta=meta, fields={"model": "<i>m</i>"}, **{name: index % 2 == 0})
    page = page_of(client_of(alice), deployment)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    with django_assert_max_num_queries(36) as queries:
        client_of(alice).get(f"/monitors/{deployment.pk}/quality?labels='--&budget=99999999999&against=%00&positive=x")
    said = " ".join(query["sql"] for query in queries.captured_queries)
    assert "transcripts_message" not in said
    assert '"evidence"' not in said
