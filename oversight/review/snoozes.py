"""The times until which items are put off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MORNING = 9


def _hours(n: int) -> Callable[[datetime], datetime]:
    return lambda now: now + timedelta(hours=n)


def _morning(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=MORNING, minute=0, second=0, microsecond=0)


def _monday(now: datetime) -> datetime:
    return _morning(now) + timedelta(days=7 - now.astimezone(UTC).weekday())


@dataclass(frozen=True, slots=True)
class Snooze:
    """One choice of the menu."""

    name: str
    label: str
    at: Callable[[datetime], datetime]


CHOICES = (
    Snooze("1h", "An hour", _hours(1)),
    Snooze("4h", "Four hours", _hours(4)),
    Snooze("morning", "Tomorrow, 09:00 UTC", lambda now: _morning(now) + timedelta(days=1)),
    Snooze("monday", "Monday, 09:00 UTC", _monday),
    Snooze("week", "A week", _hours(24 * 7)),
)


def until(name: str, now: datetime) -> datetime | None:
    """The time that a choice names; None when there is no such choice."""
    return next((one.at(now) for one in CHOICES if one.name == name), None)
