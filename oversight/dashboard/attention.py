"""What somebody should look at: each with its number and the page on which it is dealt with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.urls import reverse

from monitors.base import State
from oversight.alerts import selectors as alerts
from oversight.alerts.models import Endpoint, EndpointState
from oversight.dashboard.health import Check, work_checks
from oversight.dashboard.overview import MonitorStates
from oversight.lib import clock
from oversight.lib.kept import kept
from oversight.monitoring.models import MonitorRun
from oversight.review.models import ItemState, ReviewItem

# A monitor that could not measure so much of what it was given, of so many at least.
LARGE_SHARE, LEAST_MEASURED = 0.1, 20


@dataclass(frozen=True, slots=True)
class Concern:
    """One line. `permission` is what its page asks for: others read the line without the link."""

    tone: str
    title: str
    says: str
    url: str
    permission: str = "overview.view"


# What rooms above this one have to say.
BESIDES: list[Callable[[frozenset[int]], Iterable[Concern]]] = []


@dataclass(frozen=True, slots=True)
class Attention:
    """Concerns, the worst first, and whether the workers work."""

    concerns: tuple[Concern, ...]
    checks: tuple[Check, ...]


def attention(projects: frozenset[int], monitors: Iterable[MonitorStates], period: str) -> Attention:
    """Eight queries."""
    # Many runs that wait, and many items, take long to count: in a large house only now and then.
    checks = kept(("work", projects), lambda: work_checks(projects), of=MonitorRun).value
    health = reverse("dashboard:admin")
    broken = (
        Concern(check.tone, f"{check.name}: {check.word.lower()}", check.says, health, "admin.view")
        for check in checks
        if check.tone in ("danger", "warn") and check.name != "Webhooks"
    )
    found = [*_webhooks(projects), *broken, *_told(projects), *_items(projects), *_unmeasured(monitors, period)]
    order = {"danger": 0, "warn": 1, "violet": 2, "info": 3}
    return Attention(tuple(sorted(found, key=lambda one: order.get(one.tone, 4))), checks)


def _webhooks(projects: frozenset[int]) -> Iterable[Concern]:
    if n_dead := alerts.n_dead(projects):
        url = f"{reverse('alerts:deliveries')}?state=dead"
        yield Concern(
            "danger", "Failed webhooks", f"{_n(n_dead, 'delivery', 'deliveries')} failed for good.", url, "alert.view"
        )
    off = Endpoint.objects.filter(project_id__in=projects, state=EndpointState.DISABLED).count()
    if off:
        says = f"{_n(off, 'endpoint')} disabled after failures: nothing is sent there."
        yield Concern("danger", "Disabled endpoints", says, reverse("alerts:list"), "alert.view")


def _told(projects: frozenset[int]) -> Iterable[Concern]:
    return (concern for tells in BESIDES for concern in tells(projects))


def _items(projects: Collection[int]) -> Iterable[Concern]:
    counted = kept(("items", frozenset(projects)), lambda: _counts(projects), of=ReviewItem).value
    rows = reverse("dashboard:items")
    if n := counted["overdue"]:
        says = f"{_n(n, 'item')} past the time in which a verdict was due."
        yield Concern("warn", "Overdue for review", says, f"{rows}?of=overdue")
    if n := counted["disputed"]:
        yield Concern("warn", "Disputed", f"{_n(n, 'item')} for an adjudicator to decide.", f"{rows}?of=disputed")


def _counts(projects: Collection[int]) -> dict[str, int]:
    """Two queries, each in an index of its own: items are many, and these few."""
    items = ReviewItem.objects.filter(project_id__in=projects)
    return {
        "overdue": items.filter(state=ItemState.OPEN, due_at__lt=clock.now()).count(),
        "disputed": items.filter(state=ItemState.DISPUTED).count(),
    }


def _unmeasured(monitors: Iterable[MonitorStates], period: str) -> Iterable[Concern]:
    for one in monitors:
        measured, unscored = one.total - one.counts.get(State.SKIPPED, 0), one.counts.get(State.UNSCORED, 0)
        if measured >= LEAST_MEASURED and unscored / measured > LARGE_SHARE:
            says = f"{unscored:,} of {measured:,} measurements could not be made."
            url = f"{reverse('dashboard:scores')}?period={period}&state=unscored&monitor={one.monitor}"
            yield Concern("violet", one.title, says, url)


def _n(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
