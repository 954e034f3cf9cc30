"""Read blind, the trace page and all that belongs to it hold no score: not in any byte that is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from monitors.base import Evidence, Score
from monitors.surprisal import PartSurprisal, Surprisal
from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from oversight.dashboard.ledger import detail_of
from oversight.review.models import Stream
from oversight.transcripts.models import Transcript
from tests import factories
from tests.factories import make_user
from tests.oversight.dashboard.test_bench import form

SignIn = Callable[[User], Client]
SECRETS = (b"SECRET-RATIONALE", b"SECRET-NOTE", b"0.87", b"byte_channels", b"Byte channels", b"<mark", b'class="tag"')
PARTS = ("trace", "trace-pending", "trace-origin", "trace-history", "trace-raw")


@pytest.fixture
def blind(project: Project) -> Transcript:
    """Drawn for the audit stream, and flagged."""
    item = factories.make_item(project)
    item.stream = Stream.AUDIT
    item.save()
    transcript: Transcript = item.transcript
    part = PartSurprisal.of(1, [(0, 5)], [13.5])
    evidence = (Evidence(1, 0, 5, "First", "SECRET-NOTE"),)
    deployment = factories.make_deployment(project, "lm_surprisal", stage=0)
    score = Score(0.87, evidence, rationale="SECRET-RATIONALE", surprisal=Surprisal((part,)))
    factories.make_score(transcript, deployment=deployment, score=score)
    return transcript


def sent(client: Client, transcript: Transcript) -> dict[str, bytes]:
    queries = {"trace": "?surprisal=1&rubric=1&trial=1"}
    return {
        name: client.get(reverse(f"dashboard:{name}", args=[transcript.pk]) + queries.get(name, "")).content
        for name in PARTS
    }


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["reviewer", "lead", "admin"])
def test_no_byte_of_a_blind_transcript_tells_a_score(
    role: str, blind: Transcript, project: Project, client_of: SignIn
) -> None:
    answers = sent(client_of(make_user("reader", project=project, role=role)), blind)

    assert {name: secret for name, body in answers.items() for secret in SECRETS if secret in body} == {}
    assert b"Scores are shown after your verdict" in answers["trace"]


@pytest.mark.django_db
def test_a_blind_read_is_recorded_as_one(blind: Transcript, alice: User, client_of: SignIn) -> None:
    sent(client_of(alice), blind)

    views = LedgerEvent.objects.filter(action="transcript.viewed", object_id=str(blind.pk))
    assert [detail_of(event)["scores"] for event in views] == [False, False]


@pytest.mark.django_db
def test_no_monitor_is_tried_on_a_blind_transcript(blind: Transcript, alice: User, client_of: SignIn) -> None:
    client = client_of(alice)

    answer = client.post(reverse("dashboard:bench"), form(transcript=str(blind.pk)))

    assert answer.status_code == 422
    assert b"after your verdict" in answer.content
    assert not LedgerEvent.objects.filter(action="monitor.tried").exists()


@pytest.mark.django_db
def test_the_same_transcript_shows_its_scores_in_triage(blind: Transcript, alice: User, client_of: SignIn) -> None:
    blind.review_items.update(stream=Stream.TRIAGE, required=1)

    page = client_of(alice).get(reverse("dashboard:trace", args=[blind.pk])).content

    assert b"Scores are shown after" not in page
    assert b"SECRET-RATIONALE" in page
    assert b"<mark" in page
