"""Running a monitor from the trace page: stored where there was no score, tried for oneself where there was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from monitors.base import Evidence, Reason, Score
from monitors.coders.invisible import encode_tags
from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from oversight.dashboard.ledger import detail_of
from oversight.lib.errors import Conflict, NotFound, Throttled
from oversight.monitoring import costs, run_now, services, tasks
from oversight.monitoring import selectors as monitoring
from oversight.monitoring.models import Deployment, MonitorRun, RunState
from oversight.monitoring.models import Score as ScoreRow
from oversight.monitoring.trials import Trial
from oversight.review.models import Stream
from oversight.transcripts.models import Transcript
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
TEXT = f"Fine.{encode_tags('meet at the old mill')} Done."
PART = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _an_empty_cache() -> None:
    cache.clear()


@pytest.fixture
def transcript(project: Project) -> Transcript:
    return factories.make_transcript(project, reasoning=TEXT)


@pytest.fixture
def deployment(project: Project) -> Deployment:
    made: Deployment = factories.make_deployment(project)
    return made


def address(transcript: Transcript) -> str:
    return reverse("dashboard:trace-run", args=[transcript.pk])


def ask(client: Client, transcript: Transcript, deployment: Deployment | None, monitor: str = "byte_channels") -> str:
    values = {"monitor": monitor, "deployment": deployment.pk if deployment else 0}
    return client.post(address(transcript), values, headers=PART).content.decode()


def standing(transcript: Transcript, monitor: str = "byte_channels") -> str:
    return next(one.standing for one in run_now.choices(transcript) if one.monitor == monitor)


def measure(transcript: Transcript) -> None:
    tasks.run_chunk(list(transcript.monitor_runs.values_list("pk", flat=True)))


def test_what_was_never_measured_becomes_a_run_with_a_score_and_evidence(
    transcript: Transcript, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    client = client_of(alice)
    assert standing(transcript) == "missing"
    part = ask(client, transcript, deployment)
    assert "Asked for" in part
    assert "Queued" in part
    assert standing(transcript) == "pending"
    measure(transcript)
    assert standing(transcript) == "measured"
    page = client.get(reverse("dashboard:trace", args=[transcript.pk])).content.decode()
    assert "meet at the old mill" in page
    event = LedgerEvent.objects.get(action="transcript.run_asked")
    assert (event.object_id, event.actor_id) == (str(transcript.pk), str(alice.pk))
    assert detail_of(event)["monitor"] == "byte_channels"


def test_asked_twice_it_runs_once(transcript: Transcript, deployment: Deployment, alice: User, dave: User) -> None:
    first, again = (
        run_now.ask(transcript=transcript, monitor="byte_channels", deployment_id=deployment.pk, user=user)
        for user in (alice, dave)
    )
    assert first == again
    assert MonitorRun.objects.count() == 1
    assert LedgerEvent.objects.filter(action="transcript.run_asked").count() == 1


def test_a_score_of_record_stays_and_its_repetition_is_a_trial_for_the_asker_alone(
    transcript: Transcript, deployment: Deployment, alice: User, dave: User, client_of: SignIn
) -> None:
    factories.make_score(transcript, deployment=deployment, score=Score(0.1, (Evidence(1, 0, 4, "Fine", "by hand"),)))
    asked = run_now.ask(transcript=transcript, monitor="byte_channels", deployment_id=deployment.pk, user=alice)
    assert isinstance(asked, Trial)
    with pytest.raises(Conflict):
        run_now.run_stored(transcript=transcript, deployment=deployment, actor=factories.SYSTEM)

    client = client_of(alice)
    assert 'data-run-state="queued"' in client.get(f"{address(transcript)}?trial={asked.id}").content.decode()
    tasks.try_out([asked.id])
    assert 'data-run-state="done"' in client.get(f"{address(transcript)}?trial={asked.id}").content.decode()
    url = reverse("dashboard:trace", args=[transcript.pk]) + f"?trial={asked.id}"
    page, others = client.get(url).content.decode(), client_of(dave).get(url).content.decode()

    assert "Tried by you: Flagged" in page
    assert "meet at the old mill" in page
    assert "Tried by you" not in others
    assert [score.value for score in ScoreRow.objects.all()] == [0.1]
    assert [row.value for row in monitoring.scores_of(transcript.pk)] == [0.1]


def test_what_could_not_measure_may_run_again(transcript: Transcript, deployment: Deployment, alice: User) -> None:
    factories.make_score(transcript, deployment=deployment, score=Score.unscored(Reason.ERROR, "broke"))
    assert standing(transcript) == "unmeasured"
    run = run_now.ask(transcript=transcript, monitor="byte_channels", deployment_id=deployment.pk, user=alice)
    assert isinstance(run, MonitorRun)
    assert (run.run_no, run.state) == (2, RunState.QUEUED)


def test_neither_the_sample_nor_an_earlier_stage_keeps_back_what_was_asked_for(
    transcript: Transcript, project: Project, alice: User
) -> None:
    deployment = factories.make_deployment(project, stage=2, sample_share=0.0)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    assert standing(transcript) == "unmeasured"
    run_now.ask(transcript=transcript, monitor="byte_channels", deployment_id=deployment.pk, user=alice)
    measure(transcript)
    assert standing(transcript) == "measured"


def test_an_installed_monitor_that_is_not_at_work_is_tried(
    transcript: Transcript, alice: User, client_of: SignIn
) -> None:
    assert standing(transcript) == "elsewhere"
    part = ask(client_of(alice), transcript, None)
    assert 'data-run-state="queued"' in part
    assert not MonitorRun.objects.exists()
    assert LedgerEvent.objects.filter(action="monitor.tried").count() == 1


def test_a_model_says_its_cost_before_it_is_asked(
    transcript: Transcript, project: Project, alice: User, client_of: SignIn
) -> None:
    judge = factories.make_deployment(project, "judge_encoded_reasoning", backend="server")
    assert "its cost is not known yet" in client_of(alice).get(address(transcript)).content.decode()
    row = factories.make_score(factories.make_transcript(project, id="other"), deployment=judge, score=Score(0.5))
    row.cost = {"calls": 4, "prompt_tokens": 1900, "completion_tokens": 100, "seconds": 1.0, "money": 0.0123}
    costs.add([row])
    page = client_of(alice).get(address(transcript)).content.decode()
    assert "about 4.0 calls, 2,000 tokens, 0.0123 USD a transcript" in page


def test_more_than_a_dozen_a_minute_are_refused_in_words(
    transcript: Transcript, deployment: Deployment, alice: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_now, "MOST_A_MINUTE", 0)
    with pytest.raises(Throttled):
        run_now.ask(transcript=transcript, monitor="byte_channels", deployment_id=deployment.pk, user=alice)
    assert "Wait for it to end" in ask(client_of(alice), transcript, deployment)
    assert not MonitorRun.objects.exists()


def test_for_whom_scores_are_hidden_nothing_is_run_and_nothing_told(
    project: Project, alice: User, client_of: SignIn
) -> None:
    item = factories.make_item(project, reasoning=TEXT)
    item.stream = Stream.AUDIT
    item.save()
    client, n = client_of(alice), LedgerEvent.objects.count()
    assert client.get(address(item.transcript)).status_code == 404
    answer = client.post(address(item.transcript), {"monitor": "byte_channels", "deployment": 0}, headers=PART)
    assert answer.status_code == 404
    assert b"old mill" not in answer.content
    assert LedgerEvent.objects.count() == n
    page = client.get(reverse("dashboard:trace", args=[item.transcript_id])).content.decode()
    assert address(item.transcript) not in page


def test_another_projects_transcript_and_deployment_do_not_exist(
    transcript: Transcript, other_project: Project, alice: User, client_of: SignIn
) -> None:
    client, theirs = client_of(alice), factories.make_transcript(other_project)
    assert client.get(address(theirs)).status_code == 404
    foreign = factories.make_deployment(other_project)
    assert "no such monitor at work" in ask(client, transcript, foreign)
    with pytest.raises(NotFound):
        run_now.ask(transcript=transcript, monitor="nonesuch", deployment_id=0, user=alice)


def test_without_scripts_a_form_leads_to_a_page_that_says_how_it_stands(
    transcript: Transcript, deployment: Deployment, alice: User, client_of: SignIn
) -> None:
    client, values = client_of(alice), {"monitor": "byte_channels", "deployment": deployment.pk}
    answer = client.post(address(transcript), values, follow=True)
    assert answer.redirect_chain == [(address(transcript), 302)]
    assert "Bring this list up to date" in answer.content.decode()
    measure(transcript)
    answer = client.post(address(transcript), values)
    number = answer.headers["Location"].rpartition("=")[2]
    tasks.try_out([int(number)])
    assert f"?trial={number}#findings" in client.get(answer.headers["Location"]).content.decode()
