"""Two readers and an adjudicator at the same moment, on real connections."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.lib import clock
from oversight.lib.errors import Conflict
from oversight.review import services
from oversight.review.models import Assignment, ItemState, ReviewItem, Verdict
from tests import factories
from tests.oversight.agreement import desk


def people(project: Project, n: int) -> list[User]:
    return [factories.make_user(f"reader{number}", project=project) for number in range(n)]


def together(work: Callable[[Any], object], each: Sequence[Any]) -> None:
    """Each in a thread and on a connection of its own, let go at once."""
    barrier = threading.Barrier(len(each))

    def run(one: Any) -> None:
        barrier.wait()
        try:
            work(one)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_six_readers_at_one_item_get_its_two_slots(committed_db: str) -> None:
    project = factories.make_project()
    item, outcomes = desk.doubled(project), list[str]()

    def claim(user: User) -> None:
        try:
            services.claim(item=ReviewItem.objects.get(pk=item.pk), reviewer=user, actor=Actor.of(user))
            outcomes.append("leased")
        except Conflict:
            outcomes.append("refused")

    together(claim, people(project, 6))
    assert Counter(outcomes) == {"leased": 2, "refused": 4}
    assert set(Assignment.objects.live().values_list("slot", flat=True)) == {1, 2}


def test_two_verdicts_at_once_make_one_decision_that_is_told_once(committed_db: str) -> None:
    project = factories.make_project()
    readers = people(project, 2)
    items = [desk.doubled(project) for _ in range(4)]
    for item in items:
        leases = [services.claim(item=item, reviewer=one, actor=Actor.of(one)) for one in readers]
        together(lambda lease: desk.commit(lease), leases)
        item.refresh_from_db()
        assert item.state == ItemState.DECIDED
        assert Verdict.objects.standing().filter(item=item).count() == 1
    Verdict.objects.update(settles_at=clock.now() - timedelta(seconds=1))
    together(
        lambda verdict: services.settle_verdict(verdict=verdict, actor=desk.WORKER) and None,
        list(Verdict.objects.select_related("item")),
    )
    told = LedgerEvent.objects.filter(action="verdict.settled").values_list("object_id", flat=True)
    assert sorted(told) == sorted(str(item.pk) for item in items)
    assert LedgerEvent.objects.filter(action="verdict.closed").count() == len(items)


def test_one_of_five_adjudicators_gets_the_dispute(committed_db: str) -> None:
    project = factories.make_project()
    readers = people(project, 7)
    item = desk.doubled(project)
    desk.decide(item, readers[0], "confirmed", 4)
    desk.decide(item, readers[1], "benign")
    Verdict.objects.update(settles_at=clock.now() - timedelta(seconds=1))
    services.settle_due(actor=desk.WORKER)
    outcomes: list[str] = []

    def claim(user: User) -> None:
        try:
            services.claim_dispute(item=item, adjudicator=user, actor=Actor.of(user))
            outcomes.append("leased")
        except Conflict:
            outcomes.append("refused")

    together(claim, readers)
    assert Counter(outcomes) == {"leased": 1, "refused": 6}
    assert Assignment.objects.live().get().reviewer not in readers[:2]
