"""What the pages of review show."""

from __future__ import annotations

from oversight.review.selectors.claims import FREE, Claim
from oversight.review.selectors.desk import Desk, Undoable, desk, was_shown
from oversight.review.selectors.queue import (
    PAGE_SIZE,
    Filter,
    Listing,
    QueueCell,
    QueueCounts,
    QueuePage,
    QueueRow,
    queue_cells,
    queue_counts,
    queue_items,
    queue_listing,
    queue_page,
    queue_rows,
)

__all__ = [
    "FREE",
    "PAGE_SIZE",
    "Claim",
    "Desk",
    "Filter",
    "Listing",
    "QueueCell",
    "QueueCounts",
    "QueuePage",
    "QueueRow",
    "Undoable",
    "desk",
    "queue_cells",
    "queue_counts",
    "queue_items",
    "queue_listing",
    "queue_page",
    "queue_rows",
    "was_shown",
]
