"""The draw for audits knows no score, says with which probability it drew, and fills its share of what is served."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.audit.tasks import deliver
from oversight.lib.errors import Invalid
from oversight.review import draws, services
from oversight.review.models import AssignmentState, Queue, ReviewItem
from tests import factories

pytestmark = pytest.mark.django_db
WORKER = Actor.worker("tests")


def make_queue(project: Project, **fields: Any) -> Queue:
    queue = services.queue_of(project.pk)
    for name, value in {"audit_share": 0.15, **fields}.items():
        setattr(queue, name, value)
    queue.save()
    return queue


def ingested() -> list[int]:
    return list(LedgerEvent.objects.filter(action="transcripts.ingested").values_list("pk", flat=True))


def fill(queue: Queue, n: int, **fields: Any) -> list[ReviewItem]:
    """Items with transcripts of their own: copies of one head row, since nothing reads more."""
    original = factories.make_transcript(queue.project, external_id=f"original {uuid4()}")
    items = []
    for index in range(n):
        original.pk, original.external_id = uuid4(), f"copy {uuid4()}"
        original.save(force_insert=True)
        values = {"priority": (index + 1) / n, "place": (index + 1) / n, **fields}
        items.append(
            ReviewItem(
                queue=queue,
                project=queue.project,
                transcript_id=original.pk,
                created_at=original.received_at,
                **values,
            )
        )
    return ReviewItem.objects.bulk_create(items)


def test_a_transcript_is_drawn_as_it_arrives_with_the_probability_of_its_draw(project: Project) -> None:
    make_queue(project, audit_share=1.0, policy_version=3)
    transcript = factories.make_transcript(project)
    deliver(ingested())
    deliver(ingested())
    item = transcript.review_items.get()
    assert (item.stream, item.inclusion_prob, item.policy_version, item.priority) == ("audit", 1.0, 3, 0.0)
    assert LedgerEvent.objects.filter(action="item.drawn").count() == 1


def test_without_an_audit_share_nothing_is_drawn(project: Project) -> None:
    make_queue(project, audit_share=0.0)
    factories.make_transcript(project)
    deliver(ingested())
    assert not ReviewItem.objects.exists()


def test_the_draw_can_be_repeated_and_differs_between_policy_versions(project: Project) -> None:
    queue = make_queue(project, audit_share=0.5, flagged_share=0.3, counted_at="2999-01-01T00:00:00Z")
    ids = [UUID(int=n) for n in range(2000)]
    probability = services.inclusion_prob(queue)
    drawn = {id_ for id_ in ids if draws.is_drawn(probability, "audit", 1, id_)}
    again = {id_ for id_ in ids if draws.is_drawn(probability, "audit", 1, id_)}
    other = {id_ for id_ in ids if draws.is_drawn(probability, "audit", 2, id_)}
    assert drawn == again != other
    assert abs(len(drawn) / len(ids) - probability) < 0.04


@pytest.mark.parametrize(
    ("flagged_share", "expected"), [(None, 0.05), (0.05, 0.05), (0.0, None), (0.5, 0.5), (1.0, 1.0)]
)
def test_the_probability_follows_the_flagged_share(
    flagged_share: float | None, expected: float | None, project: Project
) -> None:
    probability = services.inclusion_prob(make_queue(project, flagged_share=flagged_share))
    wanted = 0.005 if expected is None else 1.2 * 0.15 / 0.85 * expected
    assert probability == pytest.approx(wanted)


def test_the_flagged_share_counts_only_what_came_before(project: Project) -> None:
    queue = make_queue(project)
    earlier = [factories.make_transcript(project, external_id=f"early {n}") for n in range(4)]
    services.queue_flagged(transcript_id=earlier[0].pk, score=0.9, actor=WORKER)
    new = factories.make_transcript(project, external_id="new")
    services.queue_flagged(transcript_id=new.pk, score=0.9, actor=WORKER)
    services.draw_audits(project_id=project.pk, transcript_ids=[new.pk], actor=WORKER)
    queue.refresh_from_db()
    assert queue.flagged_share == pytest.approx((1 + 1) / (4 + 20))


def test_a_flag_that_overtook_the_draw_does_not_keep_a_transcript_out(project: Project) -> None:
    make_queue(project, audit_share=1.0)
    transcript = factories.make_transcript(project)
    services.queue_flagged(transcript_id=transcript.pk, score=0.9, actor=WORKER)
    deliver(ingested())
    item = transcript.review_items.get()
    assert (item.stream, item.inclusion_prob, item.priority) == ("audit", 1.0, 0.9)


def test_a_drawn_transcript_that_is_flagged_later_keeps_its_place_and_rises_in_priority(project: Project) -> None:
    make_queue(project, audit_share=1.0)
    transcript = factories.make_transcript(project)
    deliver(ingested())
    before = transcript.review_items.get()
    services.queue_flagged(transcript_id=transcript.pk, score=0.97, actor=WORKER)
    after = transcript.review_items.get()
    assert (after.stream, after.inclusion_prob, after.priority) == ("audit", 1.0, 0.97)
    assert after.place == before.place


def test_at_least_the_audit_share_of_what_is_served_is_audit(project: Project, alice: User) -> None:
    queue = make_queue(project, audit_share=0.15)
    fill(queue, 160)
    fill(queue, 60, stream="audit", priority=0.0, place=0.5)
    random.seed(1)
    served = [serve(queue, alice) for _ in range(120)]
    streams = Counter(item.stream for item in served)
    assert 0.15 <= streams["audit"] / len(served) <= 0.25
    for start in range(len(served) - 19):
        assert sum(item.stream == "audit" for item in served[start : start + 20]) >= 3


def test_nobody_can_tell_by_counting_when_the_next_audit_item_comes(project: Project, alice: User) -> None:
    queue = make_queue(project, audit_share=0.15)
    fill(queue, 160)
    fill(queue, 60, stream="audit", priority=0.0, place=0.5)
    random.seed(1)
    at = [n for n in range(120) if serve(queue, alice).stream == "audit"]
    assert len({after - before for before, after in pairwise(at)}) > 3


def test_when_no_audit_item_is_left_the_flagged_ones_are_served(project: Project, alice: User) -> None:
    queue = make_queue(project)
    fill(queue, 3)
    assert [serve(queue, alice).stream for _ in range(3)] == ["triage"] * 3


def test_rules_change_with_a_reason_and_a_new_version(project: Project, dave: User) -> None:
    queue = make_queue(project)
    rules = services.Rules(0.2, 0.1, 0.05, 600, None)
    with pytest.raises(Invalid, match="why"):
        services.change_rules(queue=queue, rules=rules, reason=" ", actor=Actor.of(dave))
    changed = services.change_rules(queue=queue, rules=rules, reason="More audits", actor=Actor.of(dave))
    assert (changed.policy_version, changed.audit_share, changed.due_after_min) == (2, 0.2, 600)
    assert services.change_rules(queue=queue, rules=rules, reason="again", actor=Actor.of(dave)).policy_version == 2
    assert LedgerEvent.objects.filter(action="queue.rules_changed").count() == 1


def test_an_audit_share_under_fifteen_percent_is_refused(project: Project, dave: User) -> None:
    rules = services.Rules(0.1, 0.0, 0.05, 600, None)
    with pytest.raises(Invalid, match="15 %"):
        services.change_rules(queue=make_queue(project), rules=rules, reason="Less", actor=Actor.of(dave))


def serve(queue: Queue, reviewer: User) -> ReviewItem:
    """Claim the next item and be done with it."""
    assignment = services.claim_next(queue=queue, reviewer=reviewer, actor=Actor.of(reviewer))
    assert assignment
    type(assignment).objects.filter(pk=assignment.pk).update(state=AssignmentState.DONE)
    ReviewItem.objects.filter(pk=assignment.item_id).update(state="decided")
    return ReviewItem.objects.get(pk=assignment.item_id)
