"""What a queue has handed out of late."""

from __future__ import annotations

from dataclasses import dataclass

from oversight.review.models import Assignment, ItemState, Queue, Role, Stream

NEWEST = 200


@dataclass(frozen=True, slots=True)
class Served:
    """Of the newest items handed out, how many were of the audit sample; and how many of those still wait."""

    n: int
    audits: int
    waiting: int

    @property
    def share(self) -> float | None:
        return self.audits / self.n if self.n else None


def served(queue: Queue) -> Served:
    """Two queries."""
    newest = Assignment.objects.filter(item__queue=queue, role=Role.READER).order_by("-pk")[:NEWEST]
    streams = list(newest.values_list("item__stream", flat=True))
    waiting = queue.items.filter(stream=Stream.AUDIT, state=ItemState.OPEN).count()
    return Served(len(streams), streams.count(Stream.AUDIT), waiting)
