"""The compare page: worked out by a worker, read on the record, marked by people, blind where it must be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.compare import selectors, services
from oversight.compare.models import Comparison, Mark
from oversight.review.models import ReviewItem
from oversight.transcripts.models import Transcript
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
ORIGINAL = "First I read the tests in the folder. Then I write the code. I should not mention this in the answer."
REWRITE = "First I read the checks in the folder. Then I write the code. Nothing else was needed at all."


@pytest.fixture
def pair(project: Project) -> tuple[Transcript, Transcript]:
    return (
        factories.make_transcript(project, reasoning=ORIGINAL, answer="The answer is 42."),
        factories.make_transcript(project, reasoning=REWRITE, answer="So the answer is 43."),
    )


def address(pair: tuple[Transcript, Transcript], rest: str = "") -> str:
    return f"/compare/?a={pair[0].pk}&b={pair[1].pk}{rest}"


def worked_out() -> None:
    for one in Comparison.objects.filter(computed_at=None):
        services.compute(one.pk)


def page_of(client: Client, where: str) -> str:
    client.get(where)
    worked_out()
    answer = client.get(where)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_request_asks_a_worker_and_shows_no_text_before_it_has_ended(
    pair: tuple[Transcript, Transcript], alice: User, client_of: SignIn
) -> None:
    page = client_of(alice).get(address(pair)).content.decode()
    assert "A worker is comparing the two" in page
    assert "First I read" not in page
    found = Comparison.objects.get()
    assert (found.attempts, found.computed_at) == (1, None)
    state = client_of(alice).get(f"/compare/state?a={pair[0].pk}&b={pair[1].pk}")
    assert "HX-Refresh" not in state.headers
    worked_out()
    assert client_of(alice).get(f"/compare/state?a={pair[0].pk}&b={pair[1].pk}").headers["HX-Refresh"] == "true"
    assert not LedgerEvent.objects.filter(action="transcript.viewed").exists()


def test_the_page_aligns_steps_then_words_and_records_both_readings(
    pair: tuple[Transcript, Transcript], alice: User, client_of: SignIn
) -> None:
    page = page_of(client_of(alice), address(pair))
    assert re.search(r"<del><span class=\"visually-hidden\">\[only in A:</span>tests", page)
    assert re.search(r"<ins><span class=\"visually-hidden\">\[only in B:</span>checks", page)
    assert "Same answer</dt><dd>no" in page
    viewed = LedgerEvent.objects.filter(action="transcript.viewed")
    assert {event.object_id for event in viewed} == {str(one.pk) for one in pair}
    details = LedgerDetail.objects.filter(event__in=viewed).values_list("detail", flat=True)
    assert {(detail or {})["surface"] for detail in details} == {"compare"}
    inline = client_of(alice).get(address(pair, "&view=inline")).content.decode()
    assert "compare-both" in inline
    changes = client_of(alice).get(address(pair, "&view=changes")).content.decode()
    assert "Then I write the code" not in changes


def test_the_same_two_digests_are_worked_out_once_whatever_transcripts_carry_them(
    pair: tuple[Transcript, Transcript], alice: User, bob: User, other_project: Project, client_of: SignIn
) -> None:
    page_of(client_of(alice), address(pair))
    services.compute(Comparison.objects.get().pk)
    assert client_of(alice).get(address(pair)).status_code == 200
    assert Comparison.objects.count() == 1
    assert client_of(bob).get(address(pair)).status_code == 404


def test_marks_are_a_persons_own_are_in_the_ledger_and_can_be_taken_back(
    pair: tuple[Transcript, Transcript], alice: User, dave: User, client_of: SignIn
) -> None:
    client, page = client_of(alice), page_of(client_of(alice), address(pair))
    pressed = re.search(r'name="mark" value="changed(\|[^"]+)"', page)
    assert pressed
    sent = {"a": pair[0].pk, "b": pair[1].pk, "mark": f"changed{pressed[1]}"}
    answer = client.post("/compare/mark", {**sent, "w": "1", "view": "side"})
    assert (answer.status_code, answer.headers["Location"].rpartition("#")[2]) == (302, "c1")
    assert client.post("/compare/mark", sent, headers={"X-Part": "mark"}).status_code == 204
    assert LedgerEvent.objects.filter(action="compare.marked").count() == 1
    assert 'data-meaning="changed" aria-pressed="true"' in client.get(address(pair)).content.decode()
    # The other way round it is the same pair, and another person's page does not show it.
    assert 'data-meaning="changed" aria-pressed="true"' in page_of(client, address((pair[1], pair[0])))
    assert 'aria-pressed="true"' not in page_of(client_of(dave), address(pair)).partition("compare-grid")[2]
    exported = json.loads(client_of(dave).get(f"/compare/json?a={pair[0].pk}&b={pair[1].pk}").content)
    marked = [row for row in exported["rows"] if row.get("marks")]
    assert [(one["name"], one["meaning"]) for one in marked[0]["marks"]] == [("Alice", "changed")]
    assert marked[0]["a"]["text"].startswith("First I read")
    client.post("/compare/mark", {**sent, "mark": pressed[1]})
    assert not Mark.objects.exists()
    assert LedgerEvent.objects.filter(action="compare.marked").count() == 2


@pytest.mark.parametrize("wrong", ["sure|0:0-4|0:0-4|1", "same|||1", "same|0:1-<b>|0:0-4|1", "same", ""])
def test_a_mark_of_no_pair_or_no_meaning_is_refused(
    wrong: str, pair: tuple[Transcript, Transcript], alice: User, client_of: SignIn
) -> None:
    sent = {"a": pair[0].pk, "b": pair[1].pk, "mark": wrong}
    assert client_of(alice).post("/compare/mark", sent).status_code == 422
    assert not Mark.objects.exists()


def test_who_reads_blind_sees_no_score_of_that_side_in_page_or_json(
    project: Project, pair: tuple[Transcript, Transcript], alice: User, client_of: SignIn
) -> None:
    item = factories.make_item(project, reasoning=ORIGINAL)
    factories.make_score(pair[1], 0.75)
    both = (item.transcript, pair[1])
    ReviewItem.objects.filter(pk=item.pk).update(required=2)
    page = page_of(client_of(alice), address(both))
    assert "Scores are shown after your verdict" in page
    assert "0.75" in page
    assert "1.00" not in page
    exported = json.loads(client_of(alice).get(f"/compare/json?a={both[0].pk}&b={both[1].pk}").content)
    assert exported["a"]["scores_hidden"]
    assert all(line["a"] is None for line in exported["scores"])
    ReviewItem.objects.filter(pk=item.pk).update(required=1, stream="triage")
    assert "1.00" in page_of(client_of(alice), address(both))


def test_hidden_characters_and_markup_are_drawn_and_never_obeyed(
    project: Project, alice: User, client_of: SignIn
) -> None:
    hostile = "<script>alert(1)</script> A step\u200b with \u202e hidden {{ characters }}\x00 in it. Another step."
    both = (
        factories.make_transcript(project, reasoning=hostile),
        factories.make_transcript(project, reasoning=hostile.replace("\u200b", "")),
    )
    page = page_of(client_of(alice), address(both))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert" in page
    assert page.count('data-cp="U+200B"') == 1
    assert "\x00" not in page


def test_long_unchanged_runs_are_folded_and_fetched_on_request(
    project: Project, alice: User, client_of: SignIn
) -> None:
    middle = " ".join(f"Step number {n} is the same in both of them." for n in range(300))
    both = (
        factories.make_transcript(project, reasoning=f"It begins here. {middle} It ends like this."),
        factories.make_transcript(project, reasoning=f"It starts here. {middle} It ends like that."),
    )
    client = client_of(alice)
    page = page_of(client, address(both))
    assert "298 unchanged steps" in page
    assert "Step number 150 is" not in page
    index = re.search(r'data-fold="(\d+)"', page)
    assert index
    opened = client.get(address(both, f"&open={index[1]}")).content.decode()
    assert "Step number 150 is" in opened
    part = client.get(address(both, f"&open={index[1]}"), headers={"X-Part": "fold"}).content.decode()
    assert part.count("Step number") == 298
    assert "<main" not in part
    assert client.get(address(both, "&open=0"), headers={"X-Part": "fold"}).status_code == 404


def test_many_changes_stand_on_several_pages_and_none_is_lost(project: Project, alice: User, client_of: SignIn) -> None:
    both = (
        factories.make_transcript(project, reasoning=" ".join(f"We add number {n} to it." for n in range(450))),
        factories.make_transcript(project, reasoning=" ".join(f"We add item {n} to it." for n in range(450))),
    )
    client = client_of(alice)
    page_of(client, address(both))
    pages = [client.get(address(both, f"&w={w}")).content.decode() for w in (1, 2, 3, 4, 5)]
    found = [int(n) for page in pages for n in re.findall(r'id="c(\d+)"', page)]
    assert found == list(range(1, 451))


def test_a_worker_that_is_lost_is_asked_again_for_steps_alone_and_then_no_more(
    pair: tuple[Transcript, Transcript], alice: User, client_of: SignIn, clock: Any
) -> None:
    client = client_of(alice)
    for attempt in (1, 2):
        client.get(address(pair))
        assert Comparison.objects.get().attempts == attempt
        clock.advance(seconds=300)
    client.get(address(pair))
    clock.advance(seconds=300)
    assert "could not be worked out" in client.get(address(pair)).content.decode()
    client.post("/compare/again", {"a": pair[0].pk, "b": pair[1].pk})
    assert Comparison.objects.get().attempts == 1
    Comparison.objects.update(attempts=2)
    page = page_of(client, address(pair))
    assert "could not be compared word by word" in page


def test_ways_in(project: Project, pair: tuple[Transcript, Transcript], alice: User, client_of: SignIn) -> None:
    client = client_of(alice)
    assert "Which two" in client.get("/compare/").content.decode()
    chosen = client.get(f"/compare/?t={pair[0].pk}&t={pair[1].pk}")
    assert chosen.headers["Location"] == address(pair)
    assert client.get(f"/compare/?t={pair[0].pk}").status_code == 422
    by_name = client.get(f"/compare/?a={pair[0].external_id}&b={pair[1].external_id}")
    assert by_name.headers["Location"] == address(pair)
    assert client.get(f"/compare/?a={pair[0].pk}&b={pair[0].pk}").status_code == 422
    assert client.get(f"/compare/?a={pair[0].pk}&b=<script>").status_code == 404
    other = factories.make_transcript(project, prompt="Something else?")
    grouped = factories.make_transcript(project, prompt="Another?", meta={"group": "g7"})
    twin = factories.make_transcript(project, prompt="Yet another?", meta={"group": "g7"})
    assert {one.transcript.pk for one in selectors.candidates(pair[0])} == {pair[1].pk}
    assert [one.transcript.pk for one in selectors.candidates(grouped)] == [twin.pk]
    page = client.get(f"/compare/with/{pair[0].pk}/").content.decode()
    assert str(pair[1].pk) in page
    assert str(other.pk) not in page
