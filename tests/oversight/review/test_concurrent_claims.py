"""Claims by many reviewers at once, on real connections."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from django.db import connection, transaction

from oversight.accounts.models import User
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict
from oversight.review import services
from oversight.review.models import Queue, ReviewItem
from oversight.transcripts.models import Transcript
from tests import factories

WORKER = Actor.worker("tests")


def test_eight_claimers_never_hold_the_same_of_five_hundred_items(committed_db: str) -> None:
    project = factories.make_project()
    users = [factories.make_user(f"reviewer{n}", project=project) for n in range(8)]
    transcript = factories.make_transcript(project)
    queue = Queue.objects.create(project=project, name=services.DEFAULT_QUEUE)
    _fill(queue, transcript.pk, 500)
    got: list[int] = []
    barrier = threading.Barrier(len(users))

    def work(user: User) -> None:
        barrier.wait()
        while assignment := services.claim_next(queue=queue, reviewer=user, actor=Actor.of(user)):
            got.append(assignment.item_id)
        connection.close()

    _together(work, users)
    assert len(got) == 500
    assert max(Counter(got).values()) == 1


def test_eight_reviewers_at_one_item_give_one_lease(committed_db: str) -> None:
    project = factories.make_project()
    users = [factories.make_user(f"reviewer{n}", project=project) for n in range(8)]
    item = services.queue_flagged(transcript_id=factories.make_transcript(project).pk, score=0.9, actor=WORKER)
    outcomes: list[str] = []
    barrier = threading.Barrier(len(users))

    def work(user: User) -> None:
        barrier.wait()
        try:
            services.claim(item=ReviewItem.objects.get(pk=item.pk), reviewer=user, actor=Actor.of(user))
            outcomes.append("leased")
        except Conflict:
            outcomes.append("refused")
        connection.close()

    _together(work, users)
    assert Counter(outcomes) == {"leased": 1, "refused": 7}


def test_the_only_item_is_waited_for_while_somebody_writes_it(committed_db: str) -> None:
    project = factories.make_project()
    user = factories.make_user("reviewer", project=project)
    item = services.queue_flagged(transcript_id=factories.make_transcript(project).pk, score=0.9, actor=WORKER)
    asked = threading.Event()
    got: list[int] = []

    def claim() -> None:
        asked.set()
        assignment = services.claim_next(queue=item.queue, reviewer=user, actor=Actor.of(user))
        got.extend([assignment.item_id] if assignment else [])
        connection.close()

    with transaction.atomic():
        ReviewItem.objects.select_for_update().get(pk=item.pk)
        thread = threading.Thread(target=claim)
        thread.start()
        asked.wait()
        thread.join(timeout=0.5)
    thread.join()
    assert got == [item.pk]


def _together(work: Callable[[User], None], users: Sequence[User]) -> None:
    threads = [threading.Thread(target=work, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _fill(queue: Queue, transcript_id: UUID, n: int) -> None:
    """Items with transcripts of their own: copies of one head row, since a claim reads nothing else."""
    original = Transcript.objects.get(pk=transcript_id)
    for index in range(n):
        original.pk, original.external_id = uuid4(), f"copy {index}"
        original.save(force_insert=True)
        item = ReviewItem(queue=queue, project=queue.project, transcript_id=original.pk, priority=index / n)
        item.created_at = original.received_at
        item.save()
    assert queue.items.count() == n
