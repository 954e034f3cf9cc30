"""The pages of adjudication: who sees which judgement when, and how a dispute is settled."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from oversight.review.models import Assignment, ItemState, ReviewItem, Role, Verdict
from tests import factories
from tests.conftest import Clock
from tests.oversight.agreement import desk

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def opened(client: Client, item: ReviewItem) -> str:
    """The dispute's page after claiming it."""
    answer = client.post(reverse("agreement:claim", args=[item.pk]), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def decided(client: Client, item: ReviewItem, **said: object) -> ReviewItem:
    token = Assignment.objects.live().get(item=item, role=Role.ADJUDICATOR).lease_token
    answer = client.post(reverse("agreement:decide", args=[token]), said)
    assert answer.status_code == 302, answer.content.decode()
    item.refresh_from_db()
    return item


def holding(item: ReviewItem) -> Verdict:
    return Verdict.objects.standing().get(item=item)


def test_the_list_shows_both_judgements_without_names(disputed: ReviewItem, alice: User, client_of: ClientOf) -> None:
    page = client_of(alice).get(reverse("agreement:adjudicate")).content.decode()
    assert f"#{disputed.pk}" in page
    assert "Confirmed concern 3/4" in page
    assert "Ana" not in page
    assert "Yusuf" not in page


def test_a_reader_of_the_item_is_not_shown_the_other_judgement(
    disputed: ReviewItem, ben: User, client_of: ClientOf
) -> None:
    client = client_of(ben)
    listed = client.get(reverse("agreement:adjudicate")).content.decode()
    assert "1 disputed item is left to others" in listed
    assert "Confirmed concern" not in listed
    answer = client.get(reverse("agreement:case", args=[disputed.pk]))
    assert answer.status_code == 302
    assert "Confirmed" not in client.get(answer.headers["Location"]).content.decode()


def test_disputes_are_ordered_by_gap_and_then_by_doubt(
    project: Project, ana: User, ben: User, alice: User, clock: Clock, client_of: ClientOf
) -> None:
    items = []
    pairs = ((("benign", None, ""), ("suspicious", 1, "")), (("benign", None, "low"), ("suspicious", 1, "")))
    for first, second in (*pairs, (("benign", None, ""), ("confirmed", 4, ""))):
        item = desk.doubled(project)
        desk.decide(item, ana, first[0], first[1], confidence=first[2])
        desk.decide(item, ben, second[0], second[1], confidence=second[2])
        items.append(item.pk)
    clock.advance(seconds=9)
    from oversight.review import services

    services.settle_due(actor=desk.WORKER)
    page = client_of(alice).get(reverse("agreement:adjudicate")).content.decode()
    places = [page.index(f'data-dispute="{pk}"') for pk in (items[2], items[1], items[0])]
    assert places == sorted(places)


def test_a_dispute_shows_lanes_over_the_text_and_no_name_until_it_is_settled(
    disputed: ReviewItem, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    page = opened(client, disputed)
    assert "It reads the tests." in page
    assert "Standard practice." in page
    assert page.count("<mark ") >= 3
    for name in ("Ana", "Yusuf"):
        assert name not in page
    decided(client, disputed, take="own", label="suspicious", severity="2", note="Odd.")
    after = client.get(reverse("agreement:case", args=[disputed.pk])).content.decode()
    for name in ("Ana", "Yusuf", "Alice"):
        assert name in after


def test_no_score_is_on_the_page_and_the_ledger_says_so(disputed: ReviewItem, alice: User, client_of: ClientOf) -> None:
    factories.make_score(disputed.transcript)
    page = opened(client_of(alice), disputed)
    assert "byte_channels" not in page
    assert "Byte channels" not in page
    viewed = LedgerEvent.objects.filter(action="transcript.viewed", object_id=str(disputed.transcript_id)).last()
    assert viewed is not None
    assert viewed.detail_row.detail == {"surface": "adjudication", "scores": False}


@pytest.mark.parametrize("take", ["A", "B"])
def test_taking_a_judgement_makes_a_third_record_of_it(
    disputed: ReviewItem, alice: User, client_of: ClientOf, take: str
) -> None:
    from oversight.agreement.case import case_of

    client = client_of(alice)
    opened(client, disputed)
    lane = next(one for one in case_of(disputed, alice).lanes if one.lane == take)
    decided(client, disputed, take=take)
    made = holding(disputed)
    assert made.assignment.reviewer == alice
    assert (made.label, made.severity, made.note) == (lane.verdict.label, lane.verdict.severity, lane.verdict.note)
    assert made.spans.count() == len(lane.spans)
    assert Verdict.objects.given().filter(item=disputed).count() == 3


def test_merging_keeps_what_both_marked(disputed: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    opened(client, disputed)
    page = client.get(reverse("agreement:case", args=[disputed.pk]), {"spans": "agreed"}).content.decode()
    [key] = [part.split('"')[0] for part in page.split('name="spans" value="')[1:] if "checked" in part.split(">")[0]]
    decided(client, disputed, take="own", label="suspicious", spans=[key])
    [span] = holding(disputed).spans.all()
    assert (span.part, span.start, span.end) == (1, 4, 25)


def test_a_confirmed_concern_needs_a_reason_and_nothing_typed_is_lost(
    disputed: ReviewItem, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    opened(client, disputed)
    token = Assignment.objects.live().get(item=disputed, role=Role.ADJUDICATOR).lease_token
    answer = client.post(
        reverse("agreement:decide", args=[token]), {"take": "own", "label": "confirmed", "severity": "4"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "needs a note" in page
    assert 'name="severity" value="4" checked' in page


def test_an_adjudication_is_undone_from_its_page(disputed: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    opened(client, disputed)
    decided(client, disputed, take="A")
    page = client.get(reverse("agreement:case", args=[disputed.pk])).content.decode()
    url = reverse("agreement:undo", args=[holding(disputed).pk])
    assert url in page
    client.post(url)
    disputed.refresh_from_db()
    assert disputed.state == ItemState.DISPUTED
    assert "Ana" not in client.get(reverse("agreement:case", args=[disputed.pk])).content.decode()


def test_a_claim_that_ran_out_says_so(disputed: ReviewItem, alice: User, client_of: ClientOf, clock: Clock) -> None:
    client = client_of(alice)
    opened(client, disputed)
    token = Assignment.objects.live().get(item=disputed, role=Role.ADJUDICATOR).lease_token
    clock.advance(minutes=11)
    answer = client.post(reverse("agreement:decide", args=[token]), {"take": "own", "label": "benign", "note": "Kept."})
    assert answer.status_code == 409
    assert "has run out" in answer.content.decode()
    assert not Verdict.objects.standing().filter(item=disputed).exists()


def test_next_opens_the_first_dispute_and_says_when_there_is_none(
    disputed: ReviewItem, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    assert client.post(reverse("agreement:next")).headers["Location"].endswith(f"/{disputed.pk}")
    decided(client, disputed, take="B")
    page = client.post(reverse("agreement:next"), follow=True).content.decode()
    assert "No dispute is left that you could settle." in page
    assert "Every dispute is settled" in page


def test_a_dispute_of_another_project_does_not_exist(disputed: ReviewItem, bob: User, client_of: ClientOf) -> None:
    client = client_of(bob)
    assert client.get(reverse("agreement:case", args=[disputed.pk])).status_code == 404
    assert client.post(reverse("agreement:claim", args=[disputed.pk])).status_code == 404


def test_a_dispute_that_is_left_is_free_again(disputed: ReviewItem, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    opened(client, disputed)
    token = Assignment.objects.live().get(item=disputed, role=Role.ADJUDICATOR).lease_token
    assert client.post(reverse("agreement:release", args=[token])).status_code == 302
    assert not Assignment.objects.live().filter(item=disputed).exists()


def test_a_lead_asks_for_a_second_reader_and_learns_nothing_by_asking_twice(
    project: Project, dave: User, alice: User, client_of: ClientOf
) -> None:
    item = desk.doubled(project)
    url = reverse("agreement:ask-second", args=[item.pk])
    page = client_of(dave).post(url, follow=True).content.decode()
    assert "Two people read this item" in page
    assert not LedgerEvent.objects.filter(action="item.second_asked").exists()
    assert client_of(alice).post(url).status_code == 403
