"""Items are assigned and snoozed, one or many, and that can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.lib import clock as house_clock
from oversight.lib.errors import Invalid
from oversight.review import selectors, services, snoozes
from oversight.review.models import ReviewItem
from tests import factories

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def items(project: Project) -> list[ReviewItem]:
    return [factories.make_item(project) for _ in range(3)]


def open_ids(project: Project, user: User) -> set[int]:
    found = selectors.queue_items(project_id=project.pk, user=user, where=selectors.Filter())
    return set(found.values_list("pk", flat=True))


def test_a_snoozed_item_leaves_the_queue_until_its_time(
    items: list[ReviewItem], project: Project, alice: User, clock: Clock
) -> None:
    until = clock.now + timedelta(hours=1)
    done = services.snooze(project_id=project.pk, ids=[items[0].pk], until=until, actor=Actor.of(alice))
    assert (done.before, done.n_skipped) == ({items[0].pk: None}, 0)
    assert open_ids(project, alice) == {items[1].pk, items[2].pk}
    queue = services.queue_of(project.pk)
    served = [services.claim_next(queue=queue, reviewer=alice, actor=Actor.of(alice)) for _ in range(3)]
    assert [one.item_id for one in served if one] == [items[1].pk, items[2].pk]
    clock.advance(hours=1, seconds=1)
    assert items[0].pk in open_ids(project, alice)


def test_what_somebody_reads_is_not_snoozed(items: list[ReviewItem], project: Project, alice: User) -> None:
    services.claim(item=items[0], reviewer=alice, actor=Actor.of(alice))
    until = house_clock.now() + timedelta(hours=1)
    done = services.snooze(project_id=project.pk, ids=[one.pk for one in items], until=until, actor=Actor.of(alice))
    assert (set(done.before), done.n_skipped) == ({items[1].pk, items[2].pk}, 1)


@pytest.mark.parametrize("delta", [timedelta(0), timedelta(minutes=-1), timedelta(days=91)])
def test_a_time_that_is_over_or_too_far_is_refused(
    delta: timedelta, items: list[ReviewItem], project: Project, alice: User, clock: Clock
) -> None:
    with pytest.raises(Invalid, match="Snooze until"):
        services.snooze(project_id=project.pk, ids=[items[0].pk], until=clock.now + delta, actor=Actor.of(alice))


def test_an_item_of_another_project_is_left_alone(items: list[ReviewItem], other_project: Project, bob: User) -> None:
    done = services.assign(project_id=other_project.pk, ids=[items[0].pk], assignee=bob, actor=Actor.of(bob))
    assert (done.before, done.n_skipped) == ({}, 1)
    assert ReviewItem.objects.get(pk=items[0].pk).assignee is None


def test_an_assigned_item_is_served_to_its_person_first_and_to_nobody_else(
    items: list[ReviewItem], project: Project, alice: User, dave: User
) -> None:
    services.assign(project_id=project.pk, ids=[items[2].pk], assignee=dave, actor=Actor.of(alice))
    queue = services.queue_of(project.pk)
    for_alice = [services.claim_next(queue=queue, reviewer=alice, actor=Actor.of(alice)) for _ in range(3)]
    assert [one.item_id for one in for_alice if one] == [items[0].pk, items[1].pk]
    for_dave = services.claim_next(queue=queue, reviewer=dave, actor=Actor.of(dave))
    assert for_dave
    assert for_dave.item_id == items[2].pk


def test_each_item_has_its_event(items: list[ReviewItem], project: Project, alice: User) -> None:
    ids = [one.pk for one in items]
    services.assign(project_id=project.pk, ids=ids, assignee=alice, actor=Actor.of(alice))
    services.assign(project_id=project.pk, ids=ids, assignee=alice, actor=Actor.of(alice))
    events = LedgerEvent.objects.filter(action="item.assigned")
    assert sorted(events.values_list("object_id", flat=True)) == sorted(str(pk) for pk in ids)


def test_at_most_a_thousand_at_once(project: Project, alice: User) -> None:
    with pytest.raises(Invalid, match="At most 1000"):
        services.assign(project_id=project.pk, ids=list(range(1001)), assignee=alice, actor=Actor.of(alice))


def test_chosen_rows_are_snoozed_and_the_page_offers_to_take_it_back(
    items: list[ReviewItem], project: Project, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    chosen = [items[0].pk, items[1].pk]
    page = client.post("/review/plan?due=ahead", {"item": chosen, "snooze": "4h"}, follow=True).content.decode()
    assert "2 items snoozed until" in page
    assert open_ids(project, alice) == {items[2].pk}
    assert 'name="due"><option value="">Due whenever</option><option value="overdue">Overdue</option>' in page
    before = re.findall(r'name="before" value="([^"]+)"', page)[0]
    back = client.post("/review/plan/undo", {"kind": "snooze", "before": before}, follow=True).content.decode()
    assert "Taken back for 2 items" in back
    assert open_ids(project, alice) == {one.pk for one in items}


def test_rows_are_assigned_and_the_row_says_for_whom(
    items: list[ReviewItem], project: Project, alice: User, dave: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    page = client.post("/review/plan", {"item": [items[0].pk], "assign": str(dave.pk)}, follow=True).content.decode()
    assert "1 item assigned to Dave" in page
    assert "for Dave" in page
    assert "for you" in client_of(dave).get("/review/?state=mine").content.decode()
    before = re.findall(r'name="before" value="([^"]+)"', page)[0]
    client.post("/review/plan/undo", {"kind": "assign", "before": before})
    assert ReviewItem.objects.get(pk=items[0].pk).assignee is None


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"snooze": "1h"}, "Choose items first"),
        ({"item": "1", "snooze": "never"}, "Choose a time"),
        ({"item": "1", "assign": "999999"}, "cannot claim items"),
    ],
)
def test_what_cannot_be_done_is_said(
    posted: dict[str, str], sentence: str, items: list[ReviewItem], alice: User, client_of: ClientOf
) -> None:
    assert sentence in client_of(alice).post("/review/plan", posted, follow=True).content.decode()
    assert not LedgerEvent.objects.filter(action__in=["item.snoozed", "item.assigned"]).exists()


def test_all_that_match_need_their_number_confirmed(
    items: list[ReviewItem], project: Project, alice: User, client_of: ClientOf
) -> None:
    client, posted = client_of(alice), {"all": "on", "snooze": "1h"}
    asked = client.post("/review/plan", posted).content.decode()
    assert "<strong>3 items</strong>" in asked
    assert len(open_ids(project, alice)) == 3
    wrong = client.post("/review/plan", {**posted, "n": "2"}).content.decode()
    assert "<strong>3 items</strong>" in wrong
    assert "3 items snoozed" in client.post("/review/plan", {**posted, "n": "3"}, follow=True).content.decode()
    assert open_ids(project, alice) == set()


def test_the_choices_of_a_snooze_lie_ahead() -> None:
    now = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    named = {one.name: one.at(now) for one in snoozes.CHOICES}
    assert all(at > now for at in named.values())
    assert named["morning"] == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert named["monday"] == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert snoozes.until("never", now) is None
