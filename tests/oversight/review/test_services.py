"""Leases, verdicts and their undo window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oversight.accounts.models import Project, User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib.errors import Conflict, Invalid
from oversight.review import services
from oversight.review.models import Assignment, AssignmentState, ItemState, ReviewItem, Verdict, VerdictState
from oversight.transcripts.events import TranscriptViewed
from tests import factories

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.django_db
WORKER = Actor.worker("tests")


def queued(project: Project, score: float = 0.9) -> ReviewItem:
    transcript = factories.make_transcript(project)
    return services.queue_flagged(transcript_id=transcript.pk, score=score, actor=WORKER)


def claimed(item: ReviewItem, reviewer: User) -> Assignment:
    return services.claim(item=item, reviewer=reviewer, actor=Actor.of(reviewer))


def commit(assignment: Assignment, label: str = "benign", severity: int | None = None, note: str = "") -> Verdict:
    content = services.Content(label=label, severity=severity, note=note)
    return services.commit_verdict(assignment=assignment, content=content, actor=Actor.of(assignment.reviewer))


def actions(item: ReviewItem) -> list[str]:
    events = LedgerEvent.objects.filter(object_type="review_item", object_id=str(item.pk)).order_by("pk")
    return list(events.values_list("action", flat=True))


@pytest.fixture
def second(project: Project) -> User:
    """Another reviewer of the same project."""
    return factories.make_user("ana", project=project)


def test_a_flag_queues_its_transcript_once(project: Project) -> None:
    item = queued(project)
    again = services.queue_flagged(transcript_id=item.transcript_id, score=0.5, actor=WORKER)
    assert again == item
    assert actions(item) == ["item.queued"]


def test_a_higher_flag_raises_the_priority(project: Project) -> None:
    item = queued(project, 0.5)
    services.queue_flagged(transcript_id=item.transcript_id, score=0.8, actor=WORKER)
    item.refresh_from_db()
    assert item.priority == 0.8
    assert actions(item) == ["item.queued", "item.raised"]


def test_a_higher_flag_does_not_reopen_a_decided_item(project: Project, alice: User) -> None:
    item = queued(project, 0.5)
    commit(claimed(item, alice))
    services.queue_flagged(transcript_id=item.transcript_id, score=0.8, actor=WORKER)
    item.refresh_from_db()
    assert (item.state, item.priority) == (ItemState.DECIDED, 0.8)
    assert actions(item)[-1] == "item.raised"


def test_a_second_reviewer_cannot_claim_a_leased_item(project: Project, alice: User, second: User) -> None:
    item = queued(project)
    claimed(item, alice)
    with pytest.raises(Conflict, match="Alice is reading"):
        claimed(item, second)


def test_claiming_again_returns_ones_own_lease(project: Project, alice: User) -> None:
    item = queued(project)
    assert claimed(item, alice) == claimed(item, alice)
    assert actions(item) == ["item.queued", "item.claimed"]


def test_an_item_whose_lease_ran_out_can_be_claimed_before_any_sweep(
    project: Project, alice: User, second: User, clock: Clock
) -> None:
    item = queued(project)
    stale = claimed(item, alice)
    clock.advance(minutes=11)
    assert claimed(item, second).reviewer == second
    stale.refresh_from_db()
    assert stale.state == AssignmentState.EXPIRED
    assert actions(item) == ["item.queued", "item.claimed", "item.released", "item.claimed"]


def test_the_most_urgent_free_item_comes_next(project: Project, alice: User, second: User) -> None:
    low, high, middle = queued(project, 0.2), queued(project, 0.9), queued(project, 0.5)
    claimed(high, second)
    first = services.claim_next(queue=low.queue, reviewer=alice, actor=Actor.of(alice))
    then = services.claim_next(queue=low.queue, reviewer=alice, actor=Actor.of(alice))
    last = services.claim_next(queue=low.queue, reviewer=alice, actor=Actor.of(alice))
    assert first is not None
    assert then is not None
    assert (first.item, then.item, last) == (middle, low, None)


def test_what_a_reviewer_gave_back_does_not_come_next_again(project: Project, alice: User, second: User) -> None:
    item = queued(project)
    services.release(assignment=claimed(item, alice), actor=Actor.of(alice))
    assert services.claim_next(queue=item.queue, reviewer=alice, actor=Actor.of(alice)) is None
    assert services.claim_next(queue=item.queue, reviewer=second, actor=Actor.of(second)) is not None


def test_renewing_prolongs_a_live_lease_only(project: Project, alice: User, clock: Clock) -> None:
    assignment = claimed(queued(project), alice)
    clock.advance(minutes=9)
    services.renew(assignment=assignment, actor=Actor.of(alice))
    clock.advance(minutes=9)
    services.renew(assignment=assignment, actor=Actor.of(alice))
    clock.advance(minutes=11)
    with pytest.raises(Conflict, match="run out"):
        services.renew(assignment=assignment, actor=Actor.of(alice))


def test_run_out_leases_are_given_back_with_an_event(project: Project, alice: User, clock: Clock) -> None:
    item = queued(project)
    claimed(item, alice)
    assert services.expire_due(actor=WORKER) == 0
    clock.advance(minutes=11)
    assert services.expire_due(actor=WORKER) == 1
    assert services.expire_due(actor=WORKER) == 0
    released = LedgerDetail.objects.get(event__action="item.released")
    assert released.detail is not None
    assert released.detail["expired"] is True


def test_a_verdict_decides_the_item_and_is_pending(project: Project, alice: User) -> None:
    item = queued(project)
    verdict = commit(claimed(item, alice), "suspicious", 2)
    item.refresh_from_db()
    assert (item.state, verdict.state) == (ItemState.DECIDED, VerdictState.PENDING)
    assert actions(item)[-1] == "verdict.committed"


def test_a_verdict_after_the_lease_ran_out_is_refused(project: Project, alice: User, clock: Clock) -> None:
    assignment = claimed(queued(project), alice)
    clock.advance(minutes=11)
    with pytest.raises(Conflict, match="run out"):
        commit(assignment)
    assert not Verdict.objects.exists()


def test_the_same_verdict_again_changes_nothing(project: Project, alice: User) -> None:
    assignment = claimed(queued(project), alice)
    assert commit(assignment) == commit(assignment)
    assert LedgerEvent.objects.filter(action="verdict.committed").count() == 1


def test_another_verdict_on_a_used_lease_is_refused(project: Project, alice: User) -> None:
    assignment = claimed(queued(project), alice)
    commit(assignment)
    with pytest.raises(Conflict):
        commit(assignment, "suspicious")


@pytest.mark.parametrize(
    ("label", "severity", "note"),
    [("confirmed", 3, " "), ("benign", 1, ""), ("unreviewable", 1, ""), ("suspicious", 5, ""), ("fine", None, "")],
)
def test_a_verdict_that_breaks_the_rules_is_refused(
    project: Project, alice: User, label: str, severity: int | None, note: str
) -> None:
    assignment = claimed(queued(project), alice)
    with pytest.raises(Invalid):
        commit(assignment, label, severity, note)
    assignment.refresh_from_db()
    assert assignment.state == AssignmentState.LEASED


def test_a_verdict_says_whether_the_reviewer_had_been_shown_scores(project: Project, alice: User) -> None:
    unseen, seen = queued(project), queued(project)
    event = TranscriptViewed(object_id=str(seen.transcript_id), project_id=project.pk, surface="trace")
    audit.record(event, Actor.of(alice))
    assert commit(claimed(unseen, alice)).blinded
    assert not commit(claimed(seen, alice)).blinded


def test_undo_gives_the_item_back_to_the_same_reviewer(project: Project, alice: User) -> None:
    item = queued(project)
    verdict = commit(claimed(item, alice))
    again = services.undo_verdict(verdict=verdict, actor=Actor.of(alice))
    item.refresh_from_db()
    verdict.refresh_from_db()
    assert (again.reviewer, item.state, verdict.state) == (alice, ItemState.OPEN, VerdictState.UNDONE)
    assert commit(again, "suspicious").item == item


def test_a_verdict_settles_once_when_its_window_closes(project: Project, alice: User, clock: Clock) -> None:
    verdict = commit(claimed(queued(project), alice))
    assert services.settle_due(actor=WORKER) == 0
    clock.advance(seconds=8)
    assert [services.settle_due(actor=WORKER), services.settle_due(actor=WORKER)] == [1, 0]
    verdict.refresh_from_db()
    assert verdict.state == VerdictState.SETTLED
    assert actions(verdict.item)[-1] == "verdict.settled"


def test_undo_after_the_window_is_refused(project: Project, alice: User, clock: Clock) -> None:
    verdict = commit(claimed(queued(project), alice))
    clock.advance(seconds=8)
    with pytest.raises(Conflict, match="settled"):
        services.undo_verdict(verdict=verdict, actor=Actor.of(alice))


def test_an_undone_verdict_never_settles(project: Project, alice: User, clock: Clock) -> None:
    verdict = commit(claimed(queued(project), alice))
    services.undo_verdict(verdict=verdict, actor=Actor.of(alice))
    clock.advance(seconds=60)
    assert services.settle_due(actor=WORKER) == 0


def test_the_ledger_holds_no_note(project: Project, alice: User) -> None:
    commit(claimed(queued(project), alice), "confirmed", 4, "a very private remark")
    details = LedgerDetail.objects.values_list("detail", flat=True)
    assert not any("private" in str(detail) for detail in details)
