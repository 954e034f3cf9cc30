"""The test bench: a monitor tried on a pasted or stored text, with nothing of it kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from monitors.coders.invisible import encode_tags
from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib.errors import NotFound
from oversight.monitoring import tasks, trials
from oversight.monitoring.models import MonitorRun, Score
from oversight.transcripts.models import Transcript
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
SECRET = "meet at the old mill"
TEXT = f"<script>alert(1)</script> Fine.{encode_tags(SECRET)} Done. \n"


@pytest.fixture(autouse=True)
def _an_empty_cache() -> None:
    cache.clear()


def form(**changes: Any) -> dict[str, Any]:
    values = {"monitor": "byte_channels", "backend": "none", "threshold": "0.5", "param_max_evidence": "40"}
    return {**values, "reasoning": "", "output": "", "prompt": "", "transcript": "", **changes}


def start(client: Client, **changes: Any) -> int:
    answer = client.post("/monitors/bench/", form(**changes))
    assert answer.status_code == 302, answer.content.decode()
    return int(answer.headers["Location"].rstrip("/").rpartition("/")[2])


def test_a_pasted_text_is_measured_marked_and_decoded_and_not_kept(
    project: Project, alice: User, client_of: SignIn
) -> None:
    client = client_of(alice)
    number = start(client, reasoning=TEXT.replace("\n", "\r\n"))
    assert "Waiting for a worker" in client.get(f"/monitors/bench/{number}/").content.decode()
    tasks.try_out([number])
    part = client.get(f"/monitors/bench/{number}/", headers={"HX-Request": "true"}).content.decode()
    assert 'data-state="done"' in part
    assert "Flagged" in part
    assert SECRET in part
    assert "<mark" in part
    assert "&lt;script&gt;alert(1)" in part
    assert "<script>" not in part
    assert [model.objects.count() for model in (Transcript, Score, MonitorRun)] == [0, 0, 0]


def test_the_ledger_tells_that_somebody_tried_and_not_what(project: Project, alice: User, client_of: SignIn) -> None:
    number = start(client_of(alice), reasoning=TEXT, prompt="hm", param_max_evidence="3")
    event = LedgerEvent.objects.get(action="monitor.tried")
    detail = LedgerDetail.objects.get(event=event).detail or {}
    assert (event.object_id, event.project_id, event.actor_id) == ("byte_channels", project.pk, str(alice.pk))
    assert (detail["n_chars"], detail["params"], detail["transcript_id"]) == (len(TEXT) + 2, {"max_evidence": 3}, None)
    assert SECRET not in json.dumps(detail)
    assert "mill" not in str(number)


def test_exactly_what_was_pasted_is_read(project: Project, alice: User, client_of: SignIn) -> None:
    number = start(client_of(alice), reasoning="  a \r\nb\t \r\n ", output="\u200b", prompt="p")
    content = trials.trial_of(alice, number).content()
    assert [part.text for part in content.parts] == ["p", "  a \nb\t \n ", "\u200b"]
    assert [channel.value for channel in content.channels()] == ["prompt", "reasoning", "output"]


def test_a_trial_is_gone_after_its_time_and_is_nobody_elses(
    project: Project, alice: User, dave: User, client_of: SignIn
) -> None:
    number = start(client_of(alice), reasoning=TEXT)
    assert client_of(dave).get(f"/monitors/bench/{number}/").status_code == 404
    kept = cache.get(trials._key(number))
    assert b"Fine" not in kept
    assert encode_tags("mill").encode() not in kept
    cache.clear()
    assert client_of(alice).get(f"/monitors/bench/{number}/").status_code == 404
    tasks.try_out([number])
    with pytest.raises(NotFound):
        trials.trial_of(alice, number)


def test_a_stored_transcript_is_named_by_id_external_id_or_address_and_its_reading_recorded(
    project: Project, alice: User, client_of: SignIn
) -> None:
    transcript, client = factories.make_transcript(project), client_of(alice)
    for said in (str(transcript.pk), transcript.external_id, f"https://here.example/traces/{transcript.pk}/?w=1#p1"):
        number = start(client, transcript=said)
        assert trials.trial_of(alice, number).transcript_id == str(transcript.pk)
    tasks.try_out([number])
    viewed = LedgerEvent.objects.filter(action="transcript.viewed", object_id=str(transcript.pk))
    assert not viewed.exists()
    assert 'data-part="0"' in client.get(f"/monitors/bench/{number}/").content.decode()
    assert viewed.count() == 1
    assert not Score.objects.exists()


def test_another_projects_transcript_does_not_exist(
    project: Project, other_project: Project, alice: User, client_of: SignIn
) -> None:
    theirs = factories.make_transcript(other_project)
    answer = client_of(alice).post("/monitors/bench/", form(transcript=str(theirs.pk)))
    assert answer.status_code == 422
    assert "There is no such transcript" in answer.content.decode()
    deployment = factories.make_deployment(other_project)
    assert client_of(alice).get(f"/monitors/bench/?deployment={deployment.pk}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Paste a text, or name a transcript."),
        ({"reasoning": "x", "param_max_evidence": "many"}, "Enter a whole number."),
        ({"reasoning": "x" * 100_001}, "at most 100000 characters"),
        ({"reasoning": "x", "threshold": "2"}, "less than or equal to 1"),
        ({"reasoning": "x", "backend": "local"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_tried_is_said_at_its_field(
    project: Project, alice: User, client_of: SignIn, changes: dict[str, str], said: str
) -> None:
    answer = client_of(alice).post("/monitors/bench/", form(**changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not LedgerEvent.objects.filter(action="monitor.tried").exists()


def test_a_version_is_tried_with_its_parameters(project: Project, dave: User, client_of: SignIn) -> None:
    from oversight.monitoring import services

    deployment = factories.make_deployment(project)
    services.draft_version(
        deployment=deployment, params={"max_evidence": 7}, threshold=0.25, why="x", actor=factories.SYSTEM
    )
    page = client_of(dave).get(f"/monitors/bench/?deployment={deployment.pk}&version=2").content.decode()
    assert 'value="7"' in page
    assert 'value="0.25"' in page


def test_without_a_model_it_says_so_and_gives_no_score(project: Project, alice: User, client_of: SignIn) -> None:
    client = client_of(alice)
    values = {"monitor": "judge_encoded_reasoning", "backend": "recorded", "reasoning": "Fine. Done."}
    page = client.get("/monitors/bench/?monitor=judge_encoded_reasoning").content.decode()
    assert "Recorded verdicts" in page
    number = start(client, **values, param_max_chars="8000", param_max_windows="4", param_samples="0")
    tasks.try_out([number])
    part = client.get(f"/monitors/bench/{number}/").content.decode()
    assert "The data came with no verdict of this kind." in part


def test_a_trial_is_run_once(project: Project, alice: User, client_of: SignIn) -> None:
    number = start(client_of(alice), reasoning=TEXT)
    tasks.try_out([number])
    first = trials.trial_of(alice, number)
    tasks.try_out([number])
    assert trials.trial_of(alice, number) == first
    trials.give_up(number)
    assert trials.trial_of(alice, number) == first


def test_a_trial_that_takes_too_long_says_so(project: Project, alice: User, client_of: SignIn) -> None:
    client = client_of(alice)
    number = start(client, reasoning=TEXT)
    trials.give_up(number)
    part = client.get(f"/monitors/bench/{number}/").content.decode()
    assert "It took longer than 60 seconds." in part
    assert "Could not measure" in part
