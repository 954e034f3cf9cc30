"""Slots that all share, and the pauses that servers ask for."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from monitors.backends.pacing import Slots, asked_pause


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m0.5s"}, 60.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "6m0s"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "12", "retry-after": "2"}, 12.0),
        ({"x-ratelimit-remaining": "0"}, None),
    ],
)
def test_a_pause_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_pause(headers) == seconds


def test_a_point_in_time_is_no_length_of_time() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=40)
    for told in (moment.isoformat(), f"{time.time() + 40:.0f}"):
        pause = asked_pause({"retry-after": told})
        assert pause is not None
        assert 35 < pause <= 41


def test_slots_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    async def scenario() -> list[int]:
        slots, order = Slots(2), list[int]()

        async def work(number: int) -> None:
            await slots.take()
            order.append(number)
            await asyncio.sleep(0)
            slots.give()

        await asyncio.gather(*(work(number) for number in range(6)))
        return order

    assert asyncio.run(scenario()) == list(range(6))


def test_who_gives_up_waiting_leaves_the_slot_to_others() -> None:
    async def scenario() -> None:
        slots = Slots(1)
        await slots.take()
        waiting = [asyncio.create_task(slots.take()) for _ in range(2)]
        await asyncio.sleep(0)
        slots.give()
        waiting[0].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert not waiting[1].cancelled()
        slots.give()
        await asyncio.wait_for(slots.take(), 60)

    asyncio.run(scenario())


def test_a_burst_of_refusals_halves_the_slots_once() -> None:
    slots = Slots(8)
    sent_at = time.monotonic()
    for _ in range(5):
        slots.slow_down(sent_at)
    assert slots.allowed == 4
    for _ in range(40):
        slots.speed_up()
    assert slots.allowed == 8
    for _ in range(9):
        slots.slow_down(time.monotonic())
    assert slots.allowed == 1
