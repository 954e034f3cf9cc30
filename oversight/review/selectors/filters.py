"""What the URL of the queue page asks for, as items."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet

from oversight.accounts.models import User
from oversight.lib import clock
from oversight.monitoring.models import Score
from oversight.review.models import Assignment, ItemState, ReviewItem, is_awake
from oversight.review.selectors.blindness import decided_by, is_blind

State = Literal["open", "mine", "snoozed", "decided"]
# The quarters that the four bars of a score show; a threshold below the lowest is rare.
BANDS: dict[str, tuple[float, float]] = {"4": (0.75, 2.0), "3": (0.5, 0.75), "2": (0.25, 0.5), "1": (0.0, 0.25)}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the URL of the queue page says."""

    state: State = "open"
    monitor: str = ""
    run: int | None = None
    score: str = ""
    assignee: str = ""
    stream: str = ""
    due: str = ""
    older: str = ""
    newer: str = ""

    @property
    def order(self) -> tuple[str, str]:
        if self.state == "decided":
            return ("-decided_at", "-pk")
        return ("snoozed_until", "pk") if self.state == "snoozed" else ("-place", "pk")

    @property
    def narrows(self) -> bool:
        """Whether it says more than which list."""
        return any((self.monitor, self.run, self.score, self.assignee, self.stream, self.due))

    @property
    def query(self) -> str:
        """The filter as it stands in a URL, without the page of it."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return urlencode({k: v for k, v in named if v and k not in ("older", "newer") and (k, v) != ("state", "open")})


def queue_items(*, project_id: int, user: User, where: Filter) -> QuerySet[ReviewItem]:
    """The items of a project that a filter lets through. What is read blind cannot be found by what monitors say."""
    items = _in_state(ReviewItem.objects.filter(project_id=project_id), user, where.state)
    if where.monitor:
        flags = Score.objects.filter(transcript=OuterRef("transcript"), monitor=where.monitor, flagged=True)
        items = items.filter(Exists(flags))
    if where.score:
        low, high = BANDS[where.score]
        items = items.filter(priority__gte=low, priority__lt=high)
        # Of what is not read blind the place is the priority, and the list's index is in its order.
        items = items if where.state == "decided" else items.filter(place__gte=low, place__lt=high)
    # Nobody reads blind what is decided.
    if (where.monitor or where.score) and where.state != "decided":
        items = items.filter(~is_blind() | Exists(decided_by(user)))
    if where.run:
        items = items.filter(transcript__model_run=where.run)
    if where.stream:
        items = items.filter(stream=where.stream)
    if where.assignee:
        items = items.filter(assignee=_person(where.assignee, user))
    return _due(items, where.due)


def _person(word: str, user: User) -> int | None:
    if word == "none":
        return None
    return user.pk if word == "me" else int(word)


def _in_state(items: QuerySet[ReviewItem], user: User, state: State) -> QuerySet[ReviewItem]:
    if state == "decided":
        return items.filter(state=ItemState.DECIDED)
    waiting = items.filter(state=ItemState.OPEN)
    if state == "snoozed":
        return waiting.filter(snoozed_until__gt=clock.now())
    if state == "mine":
        held = Assignment.objects.live().filter(reviewer=user).values("item")
        assigned = ReviewItem.objects.filter(assignee=user, state=ItemState.OPEN).values("pk")
        return items.filter(pk__in=held.union(assigned), state__in=[ItemState.OPEN, ItemState.DISPUTED])
    # Who has read an item that waits for a second reader is done with it.
    return waiting.filter(is_awake()).filter(Q(required=1) | ~Exists(decided_by(user)))


def _due(items: QuerySet[ReviewItem], due: str) -> QuerySet[ReviewItem]:
    if due == "overdue":
        return items.filter(due_at__lt=clock.now())
    return items.filter(due_at__gte=clock.now()) if due == "ahead" else items
