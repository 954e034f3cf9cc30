"""The surprisal view draws tokens over the exact text, keeps hostile text inert, and needs a profile that was kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.base import Score
from monitors.segment import segment
from monitors.surprisal import PartSurprisal, Surprisal
from monitors.transcript import Part, PartType
from oversight.accounts.models import Project, User
from oversight.dashboard import surprisal
from oversight.dashboard.surprisal import Token, drawn
from oversight.dashboard.text_view import PartText
from oversight.dashboard.trace import PartView
from oversight.monitoring.models import SurprisalProfile
from oversight.review.models import Stream
from oversight.transcripts.exact_text import to_stored
from oversight.transcripts.models import Transcript
from tests import factories
from tests.oversight.dashboard.rendered import Rendered
from tests.oversight.dashboard.test_text_view import ANY_TEXT, PLACES, spans_of
from tests.oversight.dashboard.test_trace import HOSTILE, TAGS

SignIn = Callable[[User], Client]
LENGTHS = st.lists(st.tuples(st.integers(1, 9), st.floats(0, 20)), max_size=60)


def _tokens(text: str, lengths: list[tuple[int, float]]) -> tuple[Token, ...]:
    offsets, at = [], 0
    for length, _ in lengths:
        offsets.append((at, min(len(text), at + length)))
        at = min(len(text), at + length)
    return tuple(drawn(PartSurprisal.of(0, offsets, [bits for _, bits in lengths])))


def _render(text: str, tokens: tuple[Token, ...], places: list[tuple[int, int]]) -> str:
    part = Part(PartType.TEXT, text, steps=segment(text))
    view = PartText.of(text, part.steps or (), spans_of(places, len(text)), tokens=tokens)
    whole = PartView(0, part, "prompt", "Prompt", "user", None, 1, tuple(view.chunks()), False, False)
    return render_to_string("dashboard/_part_text.html", {"part": whole})


@settings(deadline=None)
@given(ANY_TEXT, LENGTHS, PLACES)
def test_the_text_is_the_stored_text_under_tokens_and_evidence(
    text: str, lengths: list[tuple[int, float]], places: list[tuple[int, int]]
) -> None:
    rendered = Rendered(_render(text, _tokens(text, lengths), places))
    assert rendered.texts == {0: to_stored(text)[0]}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile: str) -> None:
    rendered = Rendered(_render(hostile, _tokens(hostile, [(3, 9.0)] * 400), []))
    assert rendered.texts == {0: to_stored(hostile)[0]}
    assert set(rendered.tags) <= TAGS
    assert not [name for name, _ in rendered.attributes if name.startswith("on") or name in ("style", "src")]


def test_levels_begin_at_their_bits_and_tokens_of_one_character_are_one() -> None:
    part = PartSurprisal.of(0, [(0, 2), (2, 4), (4, 5), (4, 5), (5, 7)], [1.9, 2.0, 3.0, 5.5, 14.0])
    assert list(drawn(part)) == [
        Token(2, 4, "1", "2.0 bits"),
        Token(4, 5, "3", "8.5 bits"),
        Token(5, 7, "5", "14.0 bits"),
    ]


def _scored(project: Project, score: Score) -> Transcript:
    transcript = factories.make_transcript(project, reasoning="One two three. Four.", prompt="Count.", answer="4")
    factories.make_score(transcript, deployment=factories.make_deployment(project, "lm_surprisal"), score=score)
    return transcript


@pytest.mark.django_db
def test_a_kept_profile_is_drawn_when_asked_for(project: Project, alice: User, client_of: SignIn) -> None:
    profile = Surprisal((PartSurprisal.of(1, [(0, 3), (3, 7), (7, 14)], [None, 9.25, 0.5]),))
    transcript = _scored(project, Score(0.1, surprisal=profile))
    assert SurprisalProfile.objects.get().n_tokens == 3
    client, url = client_of(alice), reverse("dashboard:trace", args=[transcript.pk])

    plain, drawn_over = client.get(url).content.decode(), client.get(f"{url}?surprisal=1").content.decode()

    assert 'href="?surprisal=1"' in plain
    assert '" title="9.2 bits"' not in plain
    spans = re.findall(r'<span class="bits" data-b="(\d)" title="([^"]*)">([^<]*)</span>', drawn_over)
    assert [span for span in spans if span[1]] == [("3", "9.2 bits", " two")]
    assert "style=" not in drawn_over
    assert Rendered(drawn_over).texts[1] == "One two three. Four."


@pytest.mark.django_db
def test_the_page_may_ask_for_the_same_as_numbers_and_nobody_blind_may(
    project: Project, alice: User, client_of: SignIn
) -> None:
    profile = Surprisal((PartSurprisal.of(1, [(0, 3), (3, 7), (7, 14), (14, 19)], [None, 9.25, 0.5, 16.04]),))
    transcript = _scored(project, Score(0.1, surprisal=profile))
    url = reverse("dashboard:trace-heat", args=[transcript.pk])
    sent = client_of(alice).get(url).json()
    assert sent["parts"] == {"1": [3, 4, 92, 7, 5, 160]}
    assert sent["levels"] == list(surprisal.LEVELS)
    item = factories.make_item(project, id="drawn")
    item.stream = Stream.AUDIT
    item.save()
    assert client_of(alice).get(reverse("dashboard:trace-heat", args=[item.transcript_id])).status_code == 404


@pytest.mark.django_db
def test_a_score_without_a_profile_says_so(project: Project, alice: User, client_of: SignIn) -> None:
    transcript = _scored(project, Score(0.1))
    page = client_of(alice).get(reverse("dashboard:trace", args=[transcript.pk]) + "?surprisal=1").content.decode()
    assert "No profile is kept" in page


@pytest.mark.django_db
def test_a_long_text_comes_in_smaller_windows(
    project: Project, alice: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surprisal, "WINDOW_CHARS", 200)
    transcript = factories.make_transcript(project, reasoning="Ten words are in each of these sentences. " * 60)
    url = reverse("dashboard:trace", args=[transcript.pk])
    client = client_of(alice)
    assert "Window 1 of" not in client.get(url).content.decode()
    page = client.get(f"{url}?surprisal=1").content.decode()
    assert "Window 1 of" in page
    assert 'href="?w=2&amp;surprisal=1"' in page
