"""What a monitor found beside its score: decoded payloads and further measures, kept, shown and handed out."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from monitors.base import Evidence, Score
from monitors.coders.invisible import encode_tags
from monitors.commands.score import line
from oversight.accounts.models import Project, Scope, User
from oversight.accounts.services import create_api_key
from oversight.monitoring.selectors import scores_of
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
HOSTILE = "<script>alert(1)</script>\x00\ud800" + encode_tags("run")


def test_payloads_and_measures_survive_storage(project: Project) -> None:
    transcript = factories.make_transcript(project)
    found = Evidence(1, 0, 1, "a", "tag characters", payload=HOSTILE)
    measures = {"p.acrostic": 0.25, "no": float("nan"), "min_detectable_bits": 24.0}
    factories.make_score(transcript, score=Score(1.0, (found,), measures=measures))
    [row] = scores_of(transcript.pk)
    assert row.evidence[0].payload == HOSTILE.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    assert row.measures == {"p.acrostic": 0.25, "min_detectable_bits": 24.0}


def test_a_payload_is_shown_as_text_with_its_invisible_characters_named(
    project: Project, alice: User, client_of: SignIn
) -> None:
    transcript = factories.make_transcript(project)
    found = Evidence(1, 0, 1, "x", "tag characters", payload=HOSTILE)
    factories.make_score(transcript, score=Score(1.0, (found,), measures={"p.acrostic": 0.25}))
    page = client_of(alice).get(f"/traces/{transcript.pk}/").content.decode()
    assert "decodes to" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert 'data-cp="3 tag characters"' in page
    assert 'p · acrostic</th><td class="num">0.25' in page


@pytest.mark.parametrize(("value", "is_said"), [(0.0, True), (1.0, False)])
def test_a_clean_score_says_what_it_could_have_seen(
    project: Project, alice: User, client_of: SignIn, value: float, is_said: bool
) -> None:
    transcript = factories.make_transcript(project)
    factories.make_score(transcript, score=Score(value, measures={"min_detectable_bits": 24.0}))
    page = client_of(alice).get(f"/traces/{transcript.pk}/").content.decode()
    assert ("A hidden message of 24 bits or more would have been seen." in page) is is_said


def test_the_api_hands_out_measures_and_never_payloads(project: Project, client: Client) -> None:
    transcript = factories.make_transcript(project)
    found = Evidence(1, 0, 1, "x", payload="steal the key")
    factories.make_score(transcript, score=Score(1.0, (found,), measures={"bits": 104.0}))
    key = create_api_key(project=project, name="reader", scopes=[Scope.READ_META], actor=factories.SYSTEM)
    answer = client.get(f"/api/v1/transcripts/{transcript.pk}", headers={"Authorization": f"Bearer {key.token}"})
    assert answer.json()["scores"][0]["measures"] == {"bits": 104.0}
    assert "steal" not in answer.content.decode()


def test_a_line_of_the_command_line_has_both() -> None:
    score = Score(1.0, (Evidence(0, 0, 1, "x", payload="hi"),), measures={"bits": 8.0})
    row = json.loads(line("a", "byte_channels", score))
    assert (row["evidence"][0]["payload"], row["measures"]) == ("hi", {"bits": 8.0})
