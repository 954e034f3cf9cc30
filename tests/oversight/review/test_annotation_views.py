"""Drafts, spans, reopening and label sets over HTTP, with and without the module."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.review import services
from oversight.review.models import Assignment, Draft, LabelSet, LabelSetVersion, Queue, ReviewItem, Span, Verdict
from oversight.review.services.label_sets import default_label_set
from tests import factories

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
PART = {"X-Part": "desk"}
TEXT = "First a step. Then <b>another</b> 👩‍🔬 漢字."


@pytest.fixture
def item(project: Project) -> ReviewItem:
    return factories.make_item(project, reasoning=TEXT, answer="Forty-two.")  # type: ignore[no-any-return]


@pytest.fixture
def lead(project: Project) -> User:
    return factories.make_user("lea", project=project, role="lead")


def claimed(item: ReviewItem, reviewer: User) -> Assignment:
    return services.claim(item=item, reviewer=reviewer, actor=Actor.of(reviewer))


def span(start: int = 0, end: int = 5, **change: Any) -> dict[str, Any]:
    part = 1
    return {
        "label": "Evidence",
        "part": part,
        "start": start,
        "end": end,
        "quote": TEXT[start:end],
        "note": "",
        **change,
    }


def form(spans: list[dict[str, Any]], **fields: str) -> dict[str, Any]:
    """What a browser without JavaScript sends: one row per span."""
    rows = {
        "span": [json.dumps(one) for one in spans],
        "span_label": [one["label"] for one in spans],
        "span_note": [one["note"] for one in spans],
    }
    return {"label": "suspicious", **rows, **fields}


def pane(client: Client, item: ReviewItem) -> str:
    return client.get(f"/review/desk/{item.transcript_id}", headers=PART).content.decode()


def test_a_verdict_with_spans_is_given_without_javascript(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    posted = form(
        [span(), span(19, 33, label="Unfaithful", note="line\r\nbreak")],
        severity="2",
        category="Other",
        confidence="low",
        then="stay",
    )
    answer = client_of(alice).post(f"/review/assignments/{claimed(item, alice).lease_token}/verdict", posted)
    assert answer.headers["Location"] == f"/traces/{item.transcript_id}/"
    verdict = Verdict.objects.get()
    assert (verdict.severity, verdict.category, verdict.confidence) == (2, "Other", "low")
    assert [(s.label, s.quote, s.note) for s in Span.objects.order_by("pk")] == [
        ("Evidence", "First", ""),
        ("Unfaithful", TEXT[19:33], "line\nbreak"),
    ]


def test_the_module_sends_the_whole_draft(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    content = json.dumps({"label": "benign", "spans": [span()]})
    url = f"/review/assignments/{claimed(item, alice).lease_token}/verdict"
    answer = client_of(alice).post(url, {"content": content, "then": "stay"}, headers=PART)
    assert answer.json() == {"next": f"/traces/{item.transcript_id}/"}
    assert Span.objects.get().quote == "First"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"spans": 3}', '{"note": ' + '"x"' * 1 + ', "severity": "lots"}'])
def test_what_cannot_be_read_is_refused_in_words(
    content: str, item: ReviewItem, alice: User, client_of: ClientOf
) -> None:
    url = f"/review/assignments/{claimed(item, alice).lease_token}/verdict"
    answer = client_of(alice).post(url, {"content": content}, headers=PART)
    assert answer.status_code == 422
    assert "data-desk-error" in answer.content.decode()


def test_a_refused_verdict_becomes_the_draft(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    posted = form([span(quote="Frist")], note="seen it", label="benign")
    answer = client.post(f"/review/assignments/{claimed(item, alice).lease_token}/verdict", posted, headers=PART)
    assert answer.status_code == 422
    assert "quotes part 2 otherwise" in answer.content.decode()
    assert "seen it" in pane(client, item)
    assert Draft.objects.get().content["spans"][0]["quote"] == "Frist"


def test_autosave_answers_with_the_next_revision(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client, url = client_of(alice), f"/review/items/{item.pk}/draft"
    for revision in (0, 1):
        content = json.dumps({"note": f"saved {revision}", "spans": [span()], "undo": [{"at": "note"}]})
        answer = client.post(url, {"content": content, "revision": revision}, headers=PART)
        assert answer.json()["revision"] == revision + 1
    assert Draft.objects.get().content["undo"] == [{"at": "note"}]


def test_a_stale_draft_is_answered_with_both_and_joined_as_chosen(
    item: ReviewItem, alice: User, client_of: ClientOf
) -> None:
    client, url = client_of(alice), f"/review/items/{item.pk}/draft"
    claimed(item, alice)
    client.post(url, {"content": json.dumps({"label": "benign", "note": "theirs"}), "revision": 0}, headers=PART)
    yours = {"label": "suspicious", "note": "yours", "spans": [span()]}
    answer = client.post(url, {"content": json.dumps(yours), "revision": 0}, headers=PART)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert all(words in page for words in ("yours", "theirs", "Benign".lower(), "data-merge"))
    assert Draft.objects.get().content["note"] == "theirs"
    choices = {"choose-label": "theirs", "choose-note": "both", "choose-spans": "yours"}
    client.post(f"/review/items/{item.pk}/merge", {"yours": json.dumps(yours), "revision": 1, **choices})
    kept = Draft.objects.get().content
    assert (kept["label"], kept["note"], len(kept["spans"])) == ("benign", "yours\n\ntheirs", 1)


def test_a_merge_that_came_too_late_is_shown_again(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    for revision, note in enumerate(("one", "two")):
        content = json.dumps({"note": note})
        client.post(f"/review/items/{item.pk}/draft", {"content": content, "revision": revision}, headers=PART)
    posted = {"yours": json.dumps({"note": "three"}), "revision": 1, "choose-note": "yours"}
    answer = client.post(f"/review/items/{item.pk}/merge", posted, headers=PART)
    assert answer.status_code == 409
    assert Draft.objects.get().content["note"] == "two"


def test_a_span_is_deleted_without_javascript(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    posted = form([span(), span(6, 7)], drop="0", note="kept")
    answer = client_of(alice).post(f"/review/items/{item.pk}/draft", posted)
    assert answer.headers["Location"] == f"/traces/{item.transcript_id}/"
    content = Draft.objects.get().content
    assert (content["note"], [one["start"] for one in content["spans"]]) == ("kept", [6])


def test_what_somebody_else_decided_stands_beside_the_draft(
    item: ReviewItem, project: Project, alice: User, client_of: ClientOf, clock: Clock
) -> None:
    client = client_of(alice)
    claimed(item, alice)
    content = json.dumps({"label": "suspicious", "note": "my own thought"})
    client.post(f"/review/items/{item.pk}/draft", {"content": content, "revision": 0}, headers=PART)
    clock.advance(minutes=11)
    ana = factories.make_user("ana", project=project)
    said = services.Content("benign", note="all fine")
    services.commit_verdict(assignment=claimed(item, ana), content=said, actor=Actor.of(ana))
    page = pane(client, item)
    assert all(words in page for words in ("Your draft beside it", "my own thought", "all fine", "Ana"))
    page = client.post(f"/review/items/{item.pk}/discard", headers=PART).content.decode()
    assert "my own thought" not in page


def test_a_settled_verdict_is_reopened_with_a_reason(
    item: ReviewItem, alice: User, client_of: ClientOf, clock: Clock
) -> None:
    client = client_of(alice)
    said = services.Content("benign", note="first look", spans=())
    verdict = services.commit_verdict(assignment=claimed(item, alice), content=said, actor=Actor.of(alice))
    url = f"/review/verdicts/{verdict.pk}/reopen"
    assert client.post(url, {"why": "new evidence"}, headers=PART).status_code == 409
    clock.advance(seconds=9)
    services.settle_due(actor=Actor.worker("tests"))
    assert "Open this item again" in pane(client, item)
    assert client.post(url, {"why": ""}, headers=PART).status_code == 422
    page = client.post(url, {"why": "new <evidence>"}, headers=PART).content.decode()
    assert "new &lt;evidence&gt;" in page
    assert "first look" in page, "the reader goes on where the verdict was"
    history = client.get(f"/traces/{item.transcript_id}/history").content.decode()
    assert f"opened item {item.pk} again" in history


def test_a_foreign_item_has_no_draft_and_no_verdict_to_reopen(item: ReviewItem, bob: User, client_of: ClientOf) -> None:
    client = client_of(bob)
    for verb in ("draft", "merge", "discard"):
        assert client.post(f"/review/items/{item.pk}/{verb}", {"content": "{}"}).status_code == 404
    assert client.post("/review/verdicts/1/reopen", {"why": "x"}).status_code == 404
    assert client.get(f"/review/label-sets/{default_label_set(item.project_id).pk}/").status_code == 404


def test_a_pane_that_quotes_the_transcript_records_the_read_without_scores(
    item: ReviewItem, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    claimed(item, alice)
    pane(client, item)
    assert not LedgerEvent.objects.filter(action="transcript.viewed").exists()
    content = json.dumps({"spans": [span()]})
    client.post(f"/review/items/{item.pk}/draft", {"content": content, "revision": 0}, headers=PART)
    assert "First" in pane(client, item)
    event = LedgerEvent.objects.select_related("detail_row").get(action="transcript.viewed")
    assert event.detail_row.detail == {"surface": "verdict pane", "scores": False}


def test_markup_in_a_quote_and_a_note_stays_text(item: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    claimed(item, alice)
    hostile = span(19, 33, note="<img src=x onerror=alert(1)>")
    content = json.dumps({"note": '"><script>alert(1)</script>', "spans": [hostile]})
    client.post(f"/review/items/{item.pk}/draft", {"content": content, "revision": 0}, headers=PART)
    page = pane(client, item)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>another" not in page


def test_the_heartbeat_carries_time_and_coverage(
    item: ReviewItem, alice: User, client_of: ClientOf, clock: Clock
) -> None:
    assignment = claimed(item, alice)
    clock.advance(seconds=30)
    url = f"/review/assignments/{assignment.lease_token}/renew"
    client_of(alice).post(url, {"active_ms": "2500", "read_share": "0.34"}, headers=PART)
    client_of(alice).post(url, {"active_ms": "x", "read_share": "nan"}, headers=PART)
    assignment.refresh_from_db()
    assert (assignment.active_ms, assignment.read_share) == (2500, 0.34)


def label_form(**change: Any) -> dict[str, Any]:
    return {
        "name": "Own labels",
        "label_name": ["Odd", "Other", ""],
        "label_key": ["5", "B", ""],
        "label_description": ["looks odd", "", ""],
        "categories": "One\r\nTwo\r\n",
        "guidelines": "Look\r\ntwice.",
        "why": "a first try",
        "based_on": "0",
        **change,
    }


def test_a_lead_makes_a_label_set_and_a_queue_uses_it(
    item: ReviewItem, lead: User, alice: User, client_of: ClientOf
) -> None:
    client = client_of(lead)
    answer = client.post("/review/label-sets/new", label_form())
    made = LabelSet.objects.get(name="Own labels")
    assert answer.headers["Location"] == f"/review/label-sets/{made.pk}/"
    version = made.versions.get()
    assert [label["name"] for label in version.labels] == ["Odd", "Other"]
    assert (version.categories, version.guidelines) == (["One", "Two"], "Look\ntwice.")
    queue = Queue.objects.get()
    client.post(f"/review/label-sets/{made.pk}/choose", {"queue": queue.pk})
    claimed(item, alice)
    page = pane(client_of(alice), item)
    assert "Odd" in page
    assert "Covert payload" not in page
    assert set(LedgerEvent.objects.filter(action__startswith="label_set.").values_list("action", flat=True)) == {
        "label_set.created",
        "label_set.revised",
        "label_set.chosen",
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"label_key": ["1", "B", ""]}, "free keys are"),
        ({"label_name": ["Odd", "odd", ""]}, "stands there twice"),
        ({"why": ""}, "required"),
        ({"categories": "x" * 41}, "40 characters"),
    ],
)
def test_a_refused_label_set_keeps_what_was_typed(
    change: dict[str, Any], sentence: str, project: Project, lead: User, client_of: ClientOf
) -> None:
    answer = client_of(lead).post("/review/label-sets/new", label_form(**change))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "looks odd" in page
    assert not LabelSetVersion.objects.filter(label_set__name="Own labels").exists()


def test_a_version_begins_with_the_latest_and_says_what_changed_to_those_who_had_read(
    item: ReviewItem, lead: User, alice: User, client_of: ClientOf
) -> None:
    reviewer, used = client_of(alice), default_label_set(item.project_id)
    services.commit_verdict(
        assignment=claimed(factories.make_item(item.project), alice),
        content=services.Content("benign"),
        actor=Actor.of(alice),
    )
    claimed(item, alice)
    assert "Covert payload" in reviewer.get(f"/review/label-sets/{used.pk}/").content.decode()
    assert "Covert payload" in client_of(lead).get(f"/review/label-sets/{used.pk}/edit").content.decode()
    posted = label_form(based_on="1", why="Filler counts now")
    assert client_of(lead).post(f"/review/label-sets/{used.pk}/edit", posted).status_code == 302
    assert client_of(lead).post(f"/review/label-sets/{used.pk}/edit", posted).status_code == 422
    page = pane(reviewer, item)
    assert "Changed since version 1, which you last read: Filler counts now" in page
    reviewer.post(f"/review/label-sets/{used.pk}/read", {"number": "2"})
    assert "Changed since" not in pane(reviewer, item)


def test_a_reviewer_reads_label_sets_and_does_not_change_them(
    project: Project, alice: User, erin: User, client_of: ClientOf
) -> None:
    used = default_label_set(project.pk)
    assert client_of(alice).get("/review/label-sets/").status_code == 200
    assert client_of(erin).get("/review/label-sets/").status_code == 403
    for url in ("new", f"{used.pk}/edit"):
        assert client_of(alice).get(f"/review/label-sets/{url}").status_code == 403
    assert client_of(alice).post(f"/review/label-sets/{used.pk}/choose", {"queue": 1}).status_code == 403


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("[" * 100_000, 422),
        ('{"spans": 7}', 422),
        ('{"spans": [{"part": "x"}]}', 422),
        ("no JSON", 422),
        ('{"undo": 7, "redo": {"a": 1}}', 200),
        ('{"undo": [1e999, NaN, -Infinity, "\\u0000", "\\ud800"]}', 200),
        ('{"undo": [' + "[" * 600 + "]" * 600 + "]}", 200),
        ('{"note": "\\u0000 \\ud800"}', 200),
    ],
)
def test_no_draft_breaks_the_page(
    item: ReviewItem, alice: User, client_of: ClientOf, content: str, status: int
) -> None:
    claimed(item, alice)
    answer = client_of(alice).post(f"/review/items/{item.pk}/draft", {"content": content}, headers=PART)
    assert answer.status_code == status
    merged = client_of(alice).post(f"/review/items/{item.pk}/merge", {"yours": content}, headers=PART)
    assert merged.status_code == status
