"""The trace page: exact text and spans, hostile text as text, states in words, and who may open it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from monitors.base import Evidence, Reason, Score, State
from monitors.coders.invisible import encode_tags
from monitors.segment import segment
from monitors.transcript import Part, PartType
from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from oversight.dashboard import windows, words
from oversight.dashboard.marks import MOST_AT_ONE_PLACE, Span
from oversight.dashboard.text_view import PartText
from oversight.dashboard.trace import PartView
from oversight.transcripts.exact_text import to_stored
from oversight.transcripts.models import Transcript
from tests import factories
from tests.oversight.dashboard.rendered import Rendered
from tests.oversight.dashboard.test_text_view import ANY_TEXT, PLACES, spans_of

SignIn = Callable[[User], Client]
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "\"><iframe srcdoc='<script>alert(1)</script>'> ' autofocus onfocus=alert(1)",
    "</script><script>alert(1)</script>\u2028\u2029",
    "javascript:alert(1) data:text/html,<script>alert(1)</script>",
    "{{7*7}} {% debug %} ${7*7} #{7*7}",
    "![x](https://evil.example/leak?) [a](javascript:alert(1)) \\href{javascript:1}{x}",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "</style><style>@import 'https://evil.example/x.css';*{background:url(//evil.example)}",
    "x.html\x00.svg",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "<form id=config><input name=attributes></form>",
    "Alice\u202egnp.exe <b>Admin</b>",
    "do \u202eTON\u202c delete \u2066\u2066\u2069\u200e\u200e",
    f"fine{encode_tags('steal the key')}\ufe00\ufe01\ufe02\u3164 end",
    "\u0430pprove Z" + "\u0335" * 300 + " a" * 400 + "\n" * 500,
    "&lt;b&gt; &#13; &amp;#60; \r\n \r lone",
)
TAGS = {"div", "section", "ol", "li", "a", "span", "mark"}


def render(text: str, spans: list[Span], *, raw: bool = False) -> Rendered:
    part = Part(PartType.TEXT, text, steps=segment(text))
    view = PartText.of(text, part.steps or (), spans, raw=raw)
    whole = PartView(0, part, "prompt", "Prompt", "user", None, 1, tuple(view.chunks()), False, False)
    return Rendered(render_to_string("dashboard/_part_text.html", {"part": whole}))


@settings(deadline=None)
@given(ANY_TEXT, PLACES, st.booleans())
def test_the_text_content_of_a_part_is_its_stored_text(text: str, places: list[tuple[int, int]], raw: bool) -> None:
    rendered = render(text, spans_of(places, len(text)), raw=raw)

    assert rendered.texts == {0: to_stored(text)[0]}


@settings(deadline=None)
@given(ANY_TEXT, PLACES)
def test_each_mark_covers_exactly_the_code_points_of_its_evidence(text: str, places: list[tuple[int, int]]) -> None:
    spans = spans_of(places, len(text))[:MOST_AT_ONE_PLACE]
    rendered = render(text, spans)

    assert rendered.marked == {span.number: list(range(span.start, span.end)) for span in spans}
    assert {f"e{span.number}" for span in spans} <= rendered.anchors


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_text(hostile: str) -> None:
    rendered = render(hostile, [Span(1, 0, 2, len(hostile) - 1, 1, 3, hostile, hostile)])

    assert rendered.texts == {0: to_stored(hostile)[0]}
    assert set(rendered.tags) <= TAGS
    assert not [name for name, _ in rendered.attributes if name.startswith("on") or name in ("style", "srcdoc", "src")]
    assert all(value.startswith("#") for name, value in rendered.attributes if name == "href")


@pytest.mark.django_db
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_every_stored_field_stays_inert(
    hostile: str, project: Project, alice: User, client_of: SignIn
) -> None:
    identifier = to_stored(hostile[:150])[0]
    transcript = factories.make_transcript(
        project, reasoning=hostile, prompt=hostile, answer=hostile, id=identifier, model=identifier
    )
    quote = to_stored(hostile)[0][:9]
    score = Score(1.0, (Evidence(1, 0, len(quote), quote, hostile),), rationale=hostile, judge=hostile, unit=hostile)
    factories.make_score(transcript, score=score)
    alice.name = identifier[:80]
    alice.save()

    html = open_page(client_of(alice), transcript)

    rendered = Rendered(html)
    assert rendered.texts == {n: to_stored(hostile)[0] for n in range(3)}
    assert not {"iframe", "img", "math", "style", "table", "b"} & set(rendered.tags)
    assert rendered.tags.count("script") == len(re.findall(r"<script src=\"/static/[\w./-]+\"", html))
    assert not [name for name, _ in rendered.attributes if name.startswith("on") or name in ("style", "srcdoc")]
    assert not [v for n, v in rendered.attributes if n in ("href", "src", "action") and v[:1] not in ("/", "#", "?")]


@pytest.mark.django_db
def test_evidence_is_marked_listed_and_linked_both_ways(project: Project, alice: User, client_of: SignIn) -> None:
    text = "Fine. \U0001f600 e\u0301 then hid" + encode_tags("abc") + " done."
    transcript = factories.make_transcript(project, reasoning=text)
    start = text.index(encode_tags("abc"))
    evidence = Evidence(1, start, start + 3, encode_tags("abc"), "tag block")
    factories.make_score(transcript, score=Score(1.0, (evidence,)))

    html = open_page(client_of(alice), transcript)

    assert Rendered(html).marked == {1: [start, start + 1, start + 2]}
    assert 'href="#q1"' in html
    assert 'href="#e1"' in html
    assert "3 hidden characters" in html
    assert '<q class="spelt foreign">abc</q>' in html


@pytest.mark.django_db
def test_evidence_whose_quote_is_not_there_is_listed_without_a_mark(
    project: Project, alice: User, client_of: SignIn
) -> None:
    transcript = factories.make_transcript(project)
    places = (Evidence(1, 0, 5, "Other"), Evidence(9, 0, 5, "First"), Evidence(1, 0, 5, "First"))
    factories.make_score(transcript, score=Score(1.0, places))

    html = open_page(client_of(alice), transcript)

    assert list(Rendered(html).marked) == [1]
    assert html.count("not found in the text") == 2


@pytest.mark.django_db
@pytest.mark.parametrize("reason", list(Reason))
def test_what_could_not_be_measured_says_why_and_shows_no_number(
    reason: Reason, project: Project, alice: User, client_of: SignIn
) -> None:
    transcript = factories.make_transcript(project)
    factories.make_score(transcript, score=Score.unscored(reason))

    html = open_page(client_of(alice), transcript)
    panel = html[html.index('data-state="unscored"') : html.index("How it was measured")]

    assert "Could not measure" in panel
    assert escape(words.REASONS[reason]) in panel
    assert not re.search(r"\d\.\d\d", panel)


@pytest.mark.django_db
def test_a_partial_score_is_a_lower_bound(project: Project, alice: User, client_of: SignIn) -> None:
    transcript = factories.make_transcript(project)
    partial = Score(0.2, state=State.PARTIAL, reason=Reason.TRUNCATED, coverage=0.4)
    factories.make_score(transcript, score=partial)

    html = open_page(client_of(alice), transcript)

    assert "Partly measured" in html
    assert "at least 0.20, 40.0 % read" in html


@pytest.mark.django_db
def test_a_pending_monitor_is_shown_and_asks_for_news(project: Project, alice: User, client_of: SignIn) -> None:
    deployment = factories.make_deployment(project)
    transcript = factories.make_transcript(project)
    factories_schedule(transcript)
    client = client_of(alice)
    html = open_page(client, transcript)
    pending = re.search(r'hx-get="([^"]+)" hx-trigger="trace:asked from:body, every 3s"', html)
    assert pending

    same = client.get(pending[1])
    factories.make_score(transcript, deployment=deployment)
    changed = client.get(pending[1])

    assert "HX-Trigger" not in same.headers
    assert changed.headers["HX-Trigger"] == "trace:changed"
    assert "every 3s" not in changed.content.decode()


@pytest.mark.django_db
def test_reading_is_in_the_ledger(project: Project, alice: User, client_of: SignIn) -> None:
    transcript = factories.make_transcript(project)

    open_page(client_of(alice), transcript)

    event = LedgerEvent.objects.get(action="transcript.viewed")
    assert (event.actor_id, event.object_id) == (str(alice.pk), str(transcript.pk))


@pytest.mark.django_db
def test_no_text_is_sent_when_the_reading_cannot_be_recorded(
    project: Project, alice: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcript = factories.make_transcript(project, reasoning="a secret plan")
    monkeypatch.setattr("oversight.audit.services.record_alone", refuse)

    response = client_of(alice).get(page_of(transcript))

    assert response.status_code == 503
    assert b"a secret plan" not in response.content


def refuse(*args: object) -> None:
    raise DatabaseError("read-only")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["trace", "trace-pending", "trace-history", "trace-origin"])
def test_another_projects_reviewer_finds_nothing(name: str, project: Project, bob: User, client_of: SignIn) -> None:
    transcript = factories.make_transcript(project)

    assert client_of(bob).get(reverse(f"dashboard:{name}", args=[transcript.pk])).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["trace", "trace-pending", "trace-history", "trace-origin"])
def test_an_auditor_may_not_read_transcripts(name: str, project: Project, erin: User, client_of: SignIn) -> None:
    transcript = factories.make_transcript(project)

    assert client_of(erin).get(reverse(f"dashboard:{name}", args=[transcript.pk])).status_code == 403


@pytest.mark.django_db
def test_the_page_takes_the_same_number_of_queries_whatever_it_shows(
    project: Project, alice: User, client_of: SignIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, small = client_of(alice), factories.make_transcript(project)
    big = factories.make_transcript(project, reasoning="A step. " * 300)
    factories.make_score(big, score=Score(1.0, tuple(Evidence(1, n * 8, n * 8 + 6, "A step") for n in range(200))))
    client.get(page_of(small))

    for transcript in (small, big):
        # 8 of them read; 3 find out who asks and what they may, one whether blind; 6 record the reading before it.
        with django_assert_num_queries(15):
            client.get(page_of(transcript))


@pytest.mark.django_db
def test_labels_and_source_are_shown_as_what_no_monitor_sees(project: Project, alice: User, client_of: SignIn) -> None:
    payload = factories.native(labels={"stego": True}, meta={"source": "<b>somewhere</b>\x00"})
    transcript = factories.make_transcript(project, payload)

    html = client_of(alice).get(reverse("dashboard:trace-origin", args=[transcript.pk])).content.decode()

    assert "no monitor sees them" in html
    assert "stego" in html
    assert "&lt;b&gt;somewhere&lt;/b&gt;\\u0000" in html


@pytest.mark.django_db
def test_the_history_tells_what_happened(project: Project, alice: User, client_of: SignIn) -> None:
    transcript = factories.make_transcript(project)
    factories.make_score(transcript)
    client = client_of(alice)
    open_page(client, transcript)

    html = client.get(reverse("dashboard:trace-history", args=[transcript.pk])).content.decode()

    assert "flagged the transcript: Byte channels" in html
    assert "opened the transcript" in html


@pytest.mark.django_db
def test_a_very_long_transcript_comes_in_windows_that_together_are_its_text(
    project: Project, alice: User, client_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "WINDOW_STEPS", 100)
    transcript = factories.make_transcript(project, reasoning="".join(f"Step {n}. " for n in range(250)))
    factories.make_score(transcript, score=Score(1.0, (Evidence(1, 2000, 2004, long_text(transcript)[2000:2004]),)))
    client = client_of(alice)

    pages = [Rendered(client.get(f"{page_of(transcript)}?w={n}").content.decode()) for n in (1, 2, 3)]

    assert "".join(page.texts.get(1, "") for page in pages) == long_text(transcript)
    assert [number for number, page in enumerate(pages, 1) if page.marked] == [3]
    assert ("href", "?w=3#e1") in pages[0].attributes


def long_text(transcript: Transcript) -> str:
    texts: list[str] = transcript.messages.get(seq=1).texts
    return texts[0]


def factories_schedule(transcript: Transcript) -> None:
    from oversight.monitoring import services

    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)


def page_of(transcript: Transcript) -> str:
    return reverse("dashboard:trace", args=[transcript.pk])


def open_page(client: Client, transcript: Transcript) -> str:
    response: Any = client.get(page_of(transcript))
    assert response.status_code == 200
    return str(response.content.decode())
