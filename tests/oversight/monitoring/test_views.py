"""The Monitors pages by role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from monitors.base import Reason, Score
from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.monitoring import services
from oversight.monitoring.models import Admission, MonitorRun, RunState
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def test_the_list_shows_each_deployment_with_its_counts(project: Project, alice: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    factories.make_score(factories.make_transcript(project), 1.0, deployment=deployment)
    factories.make_score(factories.make_transcript(project), 0.0, deployment=deployment)
    page = client_of(alice).get("/monitors/").content.decode()
    assert "Byte channels" in page
    assert "of 2, 50.0 %" in page


def test_a_part_of_the_list_holds_no_frame(project: Project, alice: User, client_of: SignIn) -> None:
    factories.make_deployment(project)
    answer = client_of(alice).get("/monitors/", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "Byte channels" in answer.content.decode()


def test_a_part_of_a_deployments_page_is_its_counts(project: Project, alice: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    factories.make_score(factories.make_transcript(project), 1.0, deployment=deployment)
    part = client_of(alice).get(f"/monitors/{deployment.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="stack" id="counts"')
    assert "of 1" in part


def test_the_list_costs_the_same_queries_for_more_deployments(
    project: Project, alice: User, client_of: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(alice)
    for monitor in ("byte_channels", "answer_consistency"):
        factories.make_deployment(project, monitor)
    factories.make_deployment(project, "judge_encoded_reasoning", backend="recorded")
    with django_assert_max_num_queries(13):
        client.get("/monitors/")


def test_a_judge_that_was_not_admitted_is_shown_with_its_figures(
    project: Project, dave: User, client_of: SignIn
) -> None:
    deployment = factories.make_deployment(project, "judge_encoded_reasoning", backend="local")
    Admission.objects.create(
        **{"monitor": deployment.monitor, "version": 1, "judge": "SmolLM2", "judge_digest": "d", "prompt_sha256": "p"},
        **{"n_positive": 16, "n_negative": 16, "parse_rate": 1.0, "admitted": False, "at": project.created_at},
        **{"auroc": 0.52, "auroc_low": 0.31, "auroc_high": 0.72},
    )
    client = client_of(dave)
    page = client.get(f"/monitors/{deployment.pk}/").content.decode()
    assert "Not admitted" in page
    assert "AUROC 0.52" in page
    assert "[0.31, 0.72]" in page
    assert "Judge not admitted" in client.get("/monitors/").content.decode()


def test_a_lead_changes_a_threshold_with_a_reason_on_record(project: Project, dave: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    form = {"threshold": "0.7", "sample_share": "1", "param_max_evidence": "40", "why": "too many flags"}
    answer = client_of(dave).post(f"/monitors/{deployment.pk}/settings", form)
    assert answer.status_code == 302
    deployment.refresh_from_db()
    assert deployment.threshold == 0.7
    event = LedgerEvent.objects.filter(action="deployment.changed").latest("pk")
    detail = LedgerDetail.objects.get(event=event).detail or {}
    assert event.actor_id == str(dave.pk)
    assert (detail["before"]["threshold"], detail["after"]["threshold"]) == (0.5, 0.7)
    assert detail["why"] == "too many flags"


def test_a_change_without_a_reason_is_refused(project: Project, dave: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    form = {"threshold": "0.7", "sample_share": "1", "param_max_evidence": "40", "why": " "}
    answer = client_of(dave).post(f"/monitors/{deployment.pk}/settings", form)
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()
    deployment.refresh_from_db()
    assert deployment.threshold == 0.5


@pytest.mark.parametrize(("headers", "status"), [({}, 422), ({"HX-Request": "true"}, 200)])
def test_a_switch_without_a_reason_is_refused(
    project: Project, dave: User, client_of: SignIn, headers: dict[str, str], status: int
) -> None:
    deployment = factories.make_deployment(project)
    answer = client_of(dave).post(f"/monitors/{deployment.pk}/switch", {"enabled": "0", "why": " "}, headers=headers)
    assert answer.status_code == status
    assert "This field is required" in answer.content.decode()
    deployment.refresh_from_db()
    assert deployment.enabled


def test_htmx_gets_the_settings_with_the_new_state(project: Project, dave: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    form = {"enabled": "0", "why": "because"}
    answer = client_of(dave).post(f"/monitors/{deployment.pk}/switch", form, headers={"HX-Request": "true"})
    part = answer.content.decode()
    assert part.lstrip().startswith("<section")
    assert "Turn on" in part


def test_a_lead_turns_a_monitor_off_and_its_runs_are_cancelled(project: Project, dave: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    transcript = factories.make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    client_of(dave).post(f"/monitors/{deployment.pk}/switch", {"enabled": "0", "why": "noisy"})
    deployment.refresh_from_db()
    assert deployment.enabled is False
    assert MonitorRun.objects.get(deployment=deployment).state == RunState.CANCELLED


def test_failed_runs_are_run_again_by_a_button(project: Project, dave: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    transcript = factories.make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    run = MonitorRun.objects.get(deployment=deployment)
    [claimed] = services.claim_runs(run_ids=[run.pk], worker="tests")
    services.fail(run=claimed, error="ValueError at x.py:1 in score", permanent=True)
    client = client_of(dave)
    assert "ValueError at x.py:1" in client.get(f"/monitors/{deployment.pk}/").content.decode()
    client.post(f"/monitors/{deployment.pk}/retry")
    assert list(MonitorRun.objects.filter(deployment=deployment).order_by("run_no").values_list("run_no", "state")) == [
        (1, "failed"),
        (2, "queued"),
    ]


def test_unscored_runs_are_run_again_by_reason(project: Project, dave: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    first, second = factories.make_transcript(project), factories.make_transcript(project)
    factories.make_score(first, deployment=deployment, score=Score.unscored(Reason.TIMEOUT))
    factories.make_score(second, deployment=deployment, score=Score.unscored(Reason.REFUSED))
    client_of(dave).post(f"/monitors/{deployment.pk}/retry", {"reason": "timeout"})
    assert [run.transcript_id for run in MonitorRun.objects.filter(run_no=2)] == [first.pk]


@pytest.mark.parametrize(
    ("monitor", "is_offered"), [("known_codes", False), ("cryptic_tokens", True)], ids=["one text", "a set"]
)
def test_what_the_text_settles_is_not_offered_again(
    project: Project, dave: User, client_of: SignIn, monitor: str, is_offered: bool
) -> None:
    deployment = factories.make_deployment(project, monitor)
    for reason in (Reason.TOO_SHORT, Reason.TIMEOUT):
        factories.make_score(factories.make_transcript(project), deployment=deployment, score=Score.unscored(reason))
    page = client_of(dave).get(f"/monitors/{deployment.pk}/").content.decode()
    assert 'name="reason" value="timeout"' in page
    assert ('name="reason" value="too_short"' in page) is is_offered


def test_asking_for_an_examination_is_on_record(project: Project, dave: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project, "judge_encoded_reasoning", backend="local")
    assert client_of(dave).post(f"/monitors/{deployment.pk}/examine").status_code == 302
    assert LedgerEvent.objects.filter(action="judge.examination_asked", object_id=str(deployment.pk)).exists()


@pytest.mark.parametrize(
    "path", ["settings", "switch", "retry", "examine", "promote", "backfill", "backfill/stop", "thresholds/set"]
)
def test_a_reviewer_sees_and_does_not_configure(project: Project, alice: User, client_of: SignIn, path: str) -> None:
    deployment = factories.make_deployment(project, "judge_encoded_reasoning", backend="local")
    client = client_of(alice)
    page = client.get(f"/monitors/{deployment.pk}/")
    assert page.status_code == 200
    assert "Change settings" not in page.content.decode()
    assert client.post(f"/monitors/{deployment.pk}/{path}").status_code == 403


def test_another_projects_deployment_does_not_exist(project: Project, bob: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    assert client_of(bob).get(f"/monitors/{deployment.pk}/").status_code == 404
    assert client_of(bob).get("/monitors/?project=alpha").status_code == 404


def test_an_auditor_sees_results_without_links_to_text(project: Project, erin: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    score = factories.make_score(factories.make_transcript(project), deployment=deployment)
    page = client_of(erin).get(f"/monitors/{deployment.pk}/").content.decode()
    assert "Flagged" in page
    assert f"/traces/{score.transcript_id}/" not in page


def test_the_docstring_is_shown_as_text(project: Project, alice: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project, "answer_consistency")
    page = client_of(alice).get(f"/monitors/{deployment.pk}/").content.decode()
    assert "<h3>References</h3>" in page
    assert "arXiv 2307.13702" in page


def test_a_stranger_is_sent_to_the_login(client: Client, project: Project) -> None:
    assert client.get("/monitors/").headers["Location"].startswith("/login/")
