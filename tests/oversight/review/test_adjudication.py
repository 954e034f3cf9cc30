"""Two readers, agreement and dispute, and the adjudicator between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.lib import clock as lib_clock
from oversight.lib.errors import Conflict
from oversight.review import draws, services
from oversight.review.content import Content
from oversight.review.models import (
    ADJUDICATOR_SLOT,
    Assignment,
    AssignmentState,
    ItemState,
    Queue,
    ReviewItem,
    Role,
    Verdict,
    VerdictState,
)
from oversight.review.selectors.claims import claims_of
from tests import factories

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.django_db
WORKER = Actor.worker("tests")


def doubled(project: Project, *, agreeing_share: float = 0.0) -> ReviewItem:
    """An item of a queue that has everything read twice."""
    Queue.objects.update_or_create(
        project=project,
        name=services.DEFAULT_QUEUE,
        defaults={"second_share": 1.0, "agreeing_share": agreeing_share, "audit_share": 0.0},
    )
    transcript = factories.make_transcript(project)
    item = services.queue_flagged(transcript_id=transcript.pk, score=0.9, actor=WORKER)
    assert item.required == 2
    return item


def claimed(item: ReviewItem, reviewer: User) -> Assignment:
    return services.claim(item=item, reviewer=reviewer, actor=Actor.of(reviewer))


def commit(assignment: Assignment, label: str = "benign", severity: int | None = None, note: str = "Seen.") -> Verdict:
    content = Content(label=label, severity=severity, note=note)
    return services.commit_verdict(assignment=assignment, content=content, actor=Actor.of(assignment.reviewer))


def decide(item: ReviewItem, reviewer: User, label: str = "benign", severity: int | None = None) -> Verdict:
    return commit(claimed(item, reviewer), label, severity)


def adjudicate(item: ReviewItem, adjudicator: User, label: str = "benign") -> Verdict:
    return commit(services.claim_dispute(item=item, adjudicator=adjudicator, actor=Actor.of(adjudicator)), label)


def settle(clock: Clock) -> None:
    clock.advance(seconds=9)
    services.settle_due(actor=WORKER)


def now_of(item: ReviewItem) -> tuple[str, list[str]]:
    """The item's state, and whose verdict holds."""
    item.refresh_from_db()
    holders = Verdict.objects.standing().filter(item=item).select_related("assignment__reviewer")
    return item.state, [one.assignment.reviewer.name for one in holders]


def actions(item: ReviewItem) -> list[str]:
    events = LedgerEvent.objects.filter(object_type="review_item", object_id=str(item.pk)).order_by("pk")
    return list(events.values_list("action", flat=True))


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_user("ana", project=project)


@pytest.fixture
def ben(project: Project) -> User:
    return factories.make_user("ben", project=project)


@pytest.fixture
def disputed(project: Project, ana: User, ben: User, clock: Clock) -> ReviewItem:
    """An item that two readers disagree about, both past their undo windows."""
    item = doubled(project)
    decide(item, ana, "confirmed", 3)
    decide(item, ben, "benign")
    settle(clock)
    return item


def test_the_first_of_two_verdicts_does_not_hold_and_the_item_stays_open(project: Project, ana: User) -> None:
    item = doubled(project)
    decide(item, ana)
    assert now_of(item) == (ItemState.OPEN, [])


def test_two_that_agree_decide_by_the_first_readers_verdict(project: Project, ana: User, ben: User) -> None:
    item = doubled(project)
    decide(item, ana, "suspicious", 2)
    decide(item, ben, "suspicious", 3)
    assert now_of(item) == (ItemState.DECIDED, ["Ana"])
    assert item.decided_at is not None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("benign", None), ("suspicious", None)),
        (("suspicious", 1), ("suspicious", 3)),
        (("benign", None), ("unreviewable", None)),
    ],
)
def test_another_label_or_a_gap_of_two_in_severity_is_a_dispute(
    project: Project, ana: User, ben: User, first: tuple[str, int | None], second: tuple[str, int | None]
) -> None:
    item = doubled(project)
    decide(item, ana, *first)
    decide(item, ben, *second)
    assert now_of(item) == (ItemState.DISPUTED, [])


def test_a_severity_that_was_not_said_disagrees_with_none(project: Project, ana: User, ben: User) -> None:
    item = doubled(project)
    decide(item, ana, "suspicious", 4)
    decide(item, ben, "suspicious")
    assert now_of(item) == (ItemState.DECIDED, ["Ana"])


def test_a_pair_that_agrees_is_adjudicated_all_the_same_when_it_was_drawn(
    project: Project, ana: User, ben: User, clock: Clock
) -> None:
    item = doubled(project, agreeing_share=1.0)
    decide(item, ana)
    decide(item, ben)
    assert now_of(item) == (ItemState.DISPUTED, [])
    settle(clock)
    assert LedgerEvent.objects.get(action="item.disputed").detail_row.detail == {
        "transcript_id": str(item.transcript_id),
        "agreeing": True,
    }


def test_a_queue_draws_its_second_readers_by_its_share() -> None:
    drawn = [draws.is_drawn(0.2, "second", 1, 1, n) for n in range(4000)]
    assert abs(sum(drawn) / len(drawn) - 0.2) < 0.03
    assert drawn == [draws.is_drawn(0.2, "second", 1, 1, n) for n in range(4000)]
    assert drawn != [draws.is_drawn(0.2, "second", 1, 2, n) for n in range(4000)]


def test_no_reader_gets_both_slots(project: Project, ana: User) -> None:
    item = doubled(project)
    decide(item, ana)
    with pytest.raises(Conflict, match="already decided"):
        claimed(item, ana)
    assert services.claim_next(queue=item.queue, reviewer=ana, actor=Actor.of(ana)) is None


def test_two_read_at_once_and_a_third_does_not(project: Project, ana: User, ben: User, alice: User) -> None:
    item = doubled(project)
    assert {claimed(item, ana).slot, claimed(item, ben).slot} == {1, 2}
    assert claimed(item, ana).slot == 1
    with pytest.raises(Conflict, match="is reading"):
        claimed(item, alice)
    assert services.claim_next(queue=item.queue, reviewer=alice, actor=Actor.of(alice)) is None


def test_the_second_slot_comes_next_to_another_person(project: Project, ana: User, ben: User) -> None:
    item = doubled(project)
    decide(item, ana)
    leased = services.claim_next(queue=item.queue, reviewer=ben, actor=Actor.of(ben))
    assert leased is not None
    assert (leased.item_id, leased.slot, leased.role) == (item.pk, 2, Role.READER)


@pytest.mark.parametrize("by_first", [True, False])
def test_undo_opens_the_item_again_whoever_undoes(project: Project, ana: User, ben: User, *, by_first: bool) -> None:
    item = doubled(project)
    verdicts = [decide(item, ana), decide(item, ben)]
    undone = verdicts[0 if by_first else 1]
    again = services.undo_verdict(verdict=undone, actor=Actor.of(undone.assignment.reviewer))
    assert now_of(item) == (ItemState.OPEN, [])
    assert item.decided_at is None
    commit(again)
    assert now_of(item)[0] == ItemState.DECIDED


def test_undo_of_a_first_verdict_leaves_the_second_reader_in_peace(project: Project, ana: User, ben: User) -> None:
    item = doubled(project)
    first = decide(item, ana)
    second = claimed(item, ben)
    again = services.undo_verdict(verdict=first, actor=Actor.of(ana))
    assert (again.slot, second.slot) == (1, 2)
    commit(second)
    commit(again, "suspicious")
    assert now_of(item) == (ItemState.DISPUTED, [])


def test_only_the_decision_leaves_the_house_and_only_when_nobody_can_undo(
    project: Project, ana: User, ben: User, clock: Clock
) -> None:
    item = doubled(project)
    first = decide(item, ana, "suspicious", 2)
    settle(clock)
    assert actions(item)[-1] == "verdict.closed"
    decide(item, ben, "suspicious", 2)
    assert "verdict.settled" not in actions(item)
    settle(clock)
    assert actions(item)[-1] == "verdict.settled"
    [said] = LedgerEvent.objects.filter(action="verdict.settled")
    assert (said.detail_row.detail or {})["verdict_id"] == first.pk


def test_verdicts_that_settle_together_are_told_as_one_decision(
    project: Project, ana: User, ben: User, clock: Clock
) -> None:
    item = doubled(project)
    decide(item, ana)
    decide(item, ben)
    settle(clock)
    assert actions(item)[-2:] == ["verdict.closed", "verdict.settled"]
    assert not Verdict.objects.filter(state=VerdictState.PENDING).exists()


def test_a_dispute_is_told_once_and_nothing_leaves_the_house(disputed: ReviewItem) -> None:
    assert actions(disputed)[-2:] == ["verdict.closed", "item.disputed"]


def test_an_adjudicator_decides_and_the_originals_stay(disputed: ReviewItem, alice: User, clock: Clock) -> None:
    adjudicate(disputed, alice, "suspicious")
    assert now_of(disputed) == (ItemState.DECIDED, ["Alice"])
    labels = Verdict.objects.given().filter(item=disputed).order_by("pk").values_list("label", "holds")
    assert list(labels) == [("confirmed", False), ("benign", False), ("suspicious", True)]
    settle(clock)
    assert actions(disputed)[-1] == "verdict.settled"


def test_an_adjudication_can_be_undone(disputed: ReviewItem, alice: User) -> None:
    verdict = adjudicate(disputed, alice)
    again = services.undo_verdict(verdict=verdict, actor=Actor.of(alice))
    assert (again.role, again.slot) == (Role.ADJUDICATOR, ADJUDICATOR_SLOT)
    assert now_of(disputed) == (ItemState.DISPUTED, [])
    commit(again, "suspicious")
    assert now_of(disputed) == (ItemState.DECIDED, ["Alice"])


def test_neither_reader_adjudicates(disputed: ReviewItem, ana: User, ben: User) -> None:
    for reader in (ana, ben):
        with pytest.raises(Conflict, match="somebody else"):
            services.claim_dispute(item=disputed, adjudicator=reader, actor=Actor.of(reader))


def test_the_database_itself_refuses_a_reader_as_adjudicator(disputed: ReviewItem, ana: User) -> None:
    now = lib_clock.now()
    row = {"item": disputed, "reviewer": ana, "claimed_at": now, "lease_until": now}
    with pytest.raises(IntegrityError, match="review_assignment_reviewer_once"), transaction.atomic():
        Assignment.objects.create(slot=ADJUDICATOR_SLOT, role=Role.ADJUDICATOR, **row)


def test_the_database_keeps_the_third_slot_for_adjudicators(disputed: ReviewItem, alice: User) -> None:
    now = lib_clock.now()
    row = {"item": disputed, "reviewer": alice, "claimed_at": now, "lease_until": now}
    for slot, role in ((ADJUDICATOR_SLOT, Role.READER), (2, Role.ADJUDICATOR)):
        with pytest.raises(IntegrityError, match="adjudicator_slot"), transaction.atomic():
            Assignment.objects.create(slot=slot, role=role, **row)


def test_one_adjudicator_at_a_time(disputed: ReviewItem, alice: User, dave: User) -> None:
    mine = services.claim_dispute(item=disputed, adjudicator=alice, actor=Actor.of(alice))
    assert services.claim_dispute(item=disputed, adjudicator=alice, actor=Actor.of(alice)) == mine
    with pytest.raises(Conflict, match="Alice is adjudicating"):
        services.claim_dispute(item=disputed, adjudicator=dave, actor=Actor.of(dave))


def test_nobody_adjudicates_while_a_reader_can_undo(project: Project, ana: User, ben: User, alice: User) -> None:
    item = doubled(project)
    decide(item, ana, "confirmed")
    decide(item, ben)
    with pytest.raises(Conflict, match="can still undo"):
        services.claim_dispute(item=item, adjudicator=alice, actor=Actor.of(alice))


def test_a_disputed_item_is_not_for_readers(disputed: ReviewItem, alice: User) -> None:
    with pytest.raises(Conflict, match="adjudicator"):
        claimed(disputed, alice)
    assert services.claim_next(queue=disputed.queue, reviewer=alice, actor=Actor.of(alice)) is None


def test_a_lead_asks_for_a_second_reader_of_an_open_item(project: Project, ana: User, dave: User) -> None:
    Queue.objects.create(project=project, name=services.DEFAULT_QUEUE, audit_share=0.0)
    transcript = factories.make_transcript(project)
    item = services.queue_flagged(transcript_id=transcript.pk, score=0.9, actor=WORKER)
    held = claimed(item, ana)
    assert services.ask_second(item=item, actor=Actor.of(dave)).required == 2
    assert actions(item)[-1] == "item.second_asked"
    commit(held)
    assert now_of(item) == (ItemState.OPEN, [])
    services.ask_second(item=item, actor=Actor.of(dave))
    assert actions(item).count("item.second_asked") == 1


def test_no_second_reader_is_asked_for_a_decided_item(project: Project, ana: User, dave: User) -> None:
    item = services.queue_flagged(transcript_id=factories.make_transcript(project).pk, score=0.9, actor=WORKER)
    decide(item, ana)
    with pytest.raises(Conflict, match="open item"):
        services.ask_second(item=item, actor=Actor.of(dave))


def test_a_reader_sees_nothing_of_the_other(project: Project, ana: User, ben: User, clock: Clock) -> None:
    item = doubled(project)
    held = claimed(item, ana)
    assert claims_of([item], ben)[item.pk].standing == "free"
    commit(held, "confirmed", 4)
    assert claims_of([item], ben)[item.pk].standing == "free"
    own = claims_of([item], ana)[item.pk]
    assert (own.standing, own.name) == ("decided", "Ana")
    decide(item, ben, "benign")
    assert claims_of([item], ben)[item.pk].name == "Ben"
    assert claims_of([item], ana)[item.pk].name == "Ana"


def test_once_decided_everybody_sees_the_verdict_that_holds(
    project: Project, ana: User, ben: User, alice: User
) -> None:
    item = doubled(project)
    decide(item, ana)
    decide(item, ben)
    for user in (ana, ben, alice):
        claim = claims_of([item], user)[item.pk]
        assert (claim.standing, claim.name) == ("decided", "Ana")


def test_a_dispute_shows_as_such_to_those_who_may_settle_it(
    disputed: ReviewItem, ana: User, alice: User, dave: User
) -> None:
    assert claims_of([disputed], alice)[disputed.pk].standing == "disputed"
    services.claim_dispute(item=disputed, adjudicator=alice, actor=Actor.of(alice))
    assert claims_of([disputed], alice)[disputed.pk].standing == "mine"
    assert claims_of([disputed], dave)[disputed.pk].name == "Alice"
    assert claims_of([disputed], ana)[disputed.pk].name == "Ana"


def test_a_lapsed_lease_leaves_its_slot(project: Project, ana: User, ben: User, alice: User, clock: Clock) -> None:
    item = doubled(project)
    claimed(item, ana)
    claimed(item, ben)
    clock.advance(minutes=11)
    assert claimed(item, alice).slot == 1
    states = item.assignments.values_list("reviewer__name", "state")
    assert ("Ana", AssignmentState.EXPIRED) in list(states)
