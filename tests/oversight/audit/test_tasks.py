"""Durable handlers: exactly-once effects, retries, and the sweep that finds what was missed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from oversight.accounts.models import Project
from oversight.audit import dispatch, tasks
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.audit.bell import BELL, depth
from oversight.audit.events import LedgerRead
from oversight.audit.models import LedgerEvent, Receipt, Subscription
from oversight.lib import clock, locks

ACTOR = Actor.system("tests")
Subscribe = Callable[[dispatch.HandlerFunction], dispatch.Handler]


@pytest.fixture
def subscribe(committed_db: str) -> Iterator[Subscribe]:
    """Subscribes a function to `ledger.read`, alone in the table, on a broker that holds nothing."""
    before = dict(dispatch.HANDLERS)
    dispatch.HANDLERS.clear()
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    BELL.reset()

    def enter(function: dispatch.HandlerFunction) -> dispatch.Handler:
        dispatch.subscribe("ledger.read")(function)
        return next(handler for handler in dispatch.HANDLERS.values() if handler.function is function)

    yield enter
    dispatch.HANDLERS.clear()
    dispatch.HANDLERS.update(before)


def happened(*, ago_s: float = 10) -> LedgerEvent:
    """An event that lies back, so that the sweep's grace is over."""
    real = clock.now
    clock.now = lambda: real() - timedelta(seconds=ago_s)
    try:
        return audit.record(LedgerRead(object_id="1", filters={}, n_rows=0), ACTOR)
    finally:
        clock.now = real


def make_project(event: LedgerEvent) -> None:
    Project.objects.create(slug=f"p{event.pk}-{Project.objects.count()}", name="made by a handler")


def test_a_doubled_delivery_has_one_effect(subscribe: Subscribe) -> None:
    subscribe(make_project)
    event = happened()
    tasks.deliver([event.pk])
    tasks.deliver([event.pk])
    assert Project.objects.count() == 1
    receipt = Receipt.objects.get()
    assert receipt.attempts == 1
    assert receipt.done_at is not None


def test_deliveries_at_the_same_time_have_one_effect(subscribe: Subscribe) -> None:
    subscribe(make_project)
    event, inside = happened(), threading.Barrier(4)

    def run() -> None:
        inside.wait(60)
        tasks.deliver([event.pk])
        connection.close()

    others = [threading.Thread(target=run) for _ in range(4)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join()
    assert Project.objects.count() == 1


def test_a_failed_handler_leaves_no_effect_but_a_row_that_says_so(subscribe: Subscribe) -> None:
    def breaks(event: LedgerEvent) -> None:
        make_project(event)
        raise ValueError("text of a transcript")

    handler = subscribe(breaks)
    event = happened()
    assert tasks.run_handler(handler, event) is False
    assert not Project.objects.exists()
    receipt = Receipt.objects.get()
    assert (receipt.attempts, receipt.done_at) == (1, None)
    assert receipt.error.startswith("ValueError at test_tasks.py:")
    assert "transcript" not in receipt.error
    assert receipt.next_at is not None
    assert receipt.next_at > clock.now()


def test_one_handlers_failure_does_not_keep_the_event_from_another(subscribe: Subscribe) -> None:
    def breaks(event: LedgerEvent) -> None:
        raise ValueError

    subscribe(breaks)
    subscribe(make_project)
    tasks.deliver([happened().pk])
    assert Project.objects.count() == 1


def test_the_commit_rings_for_durable_handlers(subscribe: Subscribe) -> None:
    subscribe(make_project)
    happened()
    assert depth("default") == 1


def test_the_sweep_rings_for_an_event_whose_message_was_lost(subscribe: Subscribe) -> None:
    subscribe(make_project)
    event = happened()
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    assert tasks.sweep() == 1
    assert depth("default") == 1
    tasks.deliver([event.pk])
    assert tasks.sweep() == 0


def test_the_sweep_leaves_a_fresh_event_to_its_own_message(subscribe: Subscribe) -> None:
    subscribe(make_project)
    happened(ago_s=0)
    assert tasks.sweep() == 0


def test_an_event_that_keeps_failing_hides_no_other(subscribe: Subscribe) -> None:
    def breaks(event: LedgerEvent) -> None:
        if event.pk == first.pk:
            raise ValueError
        make_project(event)

    subscribe(breaks)
    first = happened()
    tasks.deliver([first.pk])
    for _ in range(3):
        tasks.deliver([happened().pk])
    lost = happened()
    assert tasks.sweep() == 1
    tasks.deliver([lost.pk])
    assert Project.objects.count() == 4


def test_the_cursor_stops_at_the_first_open_event_and_then_moves_on(subscribe: Subscribe) -> None:
    fails = True

    def breaks(event: LedgerEvent) -> None:
        if fails and event.pk == first.pk:
            raise ValueError

    handler = subscribe(breaks)
    first, second = happened(), happened()
    tasks.deliver([first.pk, second.pk])
    tasks.sweep()
    stopped = Subscription.objects.get(handler=handler.name)
    assert stopped.event_id < first.pk
    fails = False
    tasks.deliver([first.pk])
    tasks.sweep()
    moved = Subscription.objects.get(handler=handler.name)
    assert (moved.xid, moved.event_id) > (stopped.xid, stopped.event_id)
    assert tasks.sweep() == 0


def test_a_failed_event_is_due_again_only_after_its_pause(subscribe: Subscribe) -> None:
    def breaks(event: LedgerEvent) -> None:
        raise ValueError

    subscribe(breaks)
    tasks.deliver([happened().pk])
    assert tasks.sweep() == 0
    Receipt.objects.update(next_at=clock.now() - timedelta(seconds=1))
    assert tasks.sweep() == 1


def test_after_ten_failures_nobody_rings_any_more(subscribe: Subscribe) -> None:
    def breaks(event: LedgerEvent) -> None:
        raise ValueError

    handler = subscribe(breaks)
    event = happened()
    for _ in range(tasks.MAX_ATTEMPTS):
        tasks.run_handler(handler, event)
    Receipt.objects.update(next_at=clock.now() - timedelta(seconds=1))
    assert Receipt.objects.get().attempts == 10
    assert tasks.sweep() == 0


def test_a_sweep_beside_a_sweep_does_nothing(subscribe: Subscribe) -> None:
    subscribe(make_project)
    happened()
    held, swept = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert locks.try_for_transaction("audit.sweep")
            held.set()
            swept.wait(60)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(60)
    assert tasks.sweep() == 0
    swept.set()
    thread.join()
    assert tasks.sweep() == 1
