"""Who should read what, and when: items are assigned and snoozed, many at once, and that can be taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Invalid
from oversight.review.events import ItemAssigned, ItemSnoozed
from oversight.review.models import Assignment, ItemState, ReviewItem
from oversight.review.services.about import about

MOST_ITEMS = 1000
LONGEST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Planned:
    """What became of some items: `before` holds the old value of each that changed, for `restore`."""

    before: dict[int, Any]
    n_skipped: int


@transaction.atomic
def snooze(*, project_id: int, ids: Collection[int], until: datetime, actor: Actor) -> Planned:
    """Put open items off until a time; what somebody is reading is skipped. The clock to a verdict runs on."""
    if not timedelta(0) < until - clock.now() <= LONGEST:
        raise Invalid("Snooze until a time from now to 90 days ahead.")
    items = _lock(project_id, ids)
    free = _without_readers(items)
    before: dict[int, Any] = {item.pk: item.snoozed_until for item in free if item.snoozed_until != until}
    _put_off([item for item in free if item.pk in before], dict.fromkeys(before, until), actor)
    return Planned(before, len(ids) - len(free))


@transaction.atomic
def assign(*, project_id: int, ids: Collection[int], assignee: User | None, actor: Actor) -> Planned:
    """Give open items to a person to read, or to nobody in particular. Others may still claim them."""
    items = _lock(project_id, ids)
    assignee_id = assignee.pk if assignee else None
    before: dict[int, Any] = {item.pk: item.assignee_id for item in items if item.assignee_id != assignee_id}
    _give([item for item in items if item.pk in before], dict.fromkeys(before, assignee_id), actor)
    return Planned(before, len(ids) - len(items))


@transaction.atomic
def restore_snoozes(*, project_id: int, before: dict[int, datetime | None], actor: Actor) -> int:
    """Take snoozing back: each item as it was. Returns how many."""
    if any(until and until - clock.now() > LONGEST for until in before.values()):
        raise Invalid("Snooze until a time from now to 90 days ahead.")
    items = _lock(project_id, before)
    _put_off(items, before, actor)
    return len(items)


@transaction.atomic
def restore_assignees(*, project_id: int, before: dict[int, int | None], actor: Actor) -> int:
    """Take assigning back: each item as it was. Returns how many."""
    items = _lock(project_id, before)
    _give(items, before, actor)
    return len(items)


def _lock(project_id: int, ids: Collection[int]) -> list[ReviewItem]:
    if len(ids) > MOST_ITEMS:
        raise Invalid(f"At most {MOST_ITEMS} items at once.")
    open_items = ReviewItem.objects.select_for_update().filter(project_id=project_id, state=ItemState.OPEN)
    return list(open_items.filter(pk__in=ids).order_by("pk"))


def _without_readers(items: Collection[ReviewItem]) -> list[ReviewItem]:
    live = Assignment.objects.live().filter(item__in=items)
    read = set(live.values_list("item_id", flat=True))
    return [item for item in items if item.pk not in read]


def _put_off(items: Iterable[ReviewItem], until: dict[int, Any], actor: Actor) -> None:
    changed = list(items)
    for item in changed:
        item.snoozed_until = until[item.pk]
    ReviewItem.objects.bulk_update(changed, ["snoozed_until"])
    audit.record_many([ItemSnoozed(**about(item), until=_said(item.snoozed_until)) for item in changed], actor)


def _give(items: Iterable[ReviewItem], assignees: dict[int, Any], actor: Actor) -> None:
    changed = list(items)
    for item in changed:
        item.assignee_id = assignees[item.pk]
    ReviewItem.objects.bulk_update(changed, ["assignee"])
    audit.record_many([ItemAssigned(**about(item), assignee_id=item.assignee_id) for item in changed], actor)


def _said(until: datetime | None) -> str:
    return until.isoformat() if until else ""
