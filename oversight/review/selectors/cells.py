"""What changed about some items, as each of several people may see it: for frames that many open pages get at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Q

from oversight.accounts.models import User
from oversight.review.models import ItemState, ReviewItem
from oversight.review.selectors.blindness import blind_among
from oversight.review.selectors.claims import Taken, taken_of
from oversight.review.selectors.queue import CELL, QueueCell, cell_of, is_asleep

Readers = Mapping[int, Collection[int]]


def cells_for(item_ids: Collection[int], readers: Readers) -> dict[int, tuple[QueueCell, ...]]:
    """What `queue_cells` says to each reader of a plain queue page. Five queries, however many there are.

    Parameters
    ----------
    item_ids : the items.
    readers : ids of people, and the projects whose queue each may see.

    Returns
    -------
    For each person the cells of the items in these projects, in the order of their ids.
    """
    items = list(
        ReviewItem.objects.filter(pk__in=item_ids).select_related("assignee").only("project", *CELL).order_by("pk")
    )
    taken = taken_of(items)
    blind = {item.id: item for item in blind_among(Q(pk__in=[item.pk for item in items]))}
    told: dict[int, tuple[QueueCell, ...]] = {}
    for user_id, projects in readers.items():
        user = User(pk=user_id)
        told[user_id] = tuple(
            cell_of(
                item,
                taken[item.pk].claim(user),
                user,
                blind=item.pk in blind and blind[item.pk].hides_from(user_id),
                matches=_is_waiting_for(item, taken[item.pk], user_id),
            )
            for item in items
            if item.project_id in projects
        )
    return told


def _is_waiting_for(item: ReviewItem, taken: Taken, user_id: int) -> bool:
    """Whether the list of open items shows it to this person; `filters.queue_items` asks the database the same."""
    waits = item.state == ItemState.OPEN and not is_asleep(item)
    return waits and (item.required == 1 or not taken.is_decided_by(user_id))
