"""What one reader's verdict does to the item: whether it holds, and who reads next."""

from __future__ import annotations

from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.review.models import ItemState, ReviewItem, Verdict


def after_commit(verdict: Verdict, item: ReviewItem, actor: Actor) -> None:
    """The only reader's verdict decides. For callers that hold the item's row lock."""
    Verdict.objects.filter(pk=verdict.pk).update(holds=True)
    ReviewItem.objects.filter(pk=item.pk).update(state=ItemState.DECIDED, decided_at=clock.now())


def after_undo(verdict: Verdict, item: ReviewItem, actor: Actor) -> None:
    """The item waits for its reader again. For callers that hold the item's row lock."""
    ReviewItem.objects.filter(pk=item.pk).update(state=ItemState.OPEN, decided_at=None)
