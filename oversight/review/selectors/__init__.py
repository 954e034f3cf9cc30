"""What the pages of review show."""

from __future__ import annotations

from oversight.review.selectors.choices import Choices, queue_choices
from oversight.review.selectors.claims import FREE, Claim
from oversight.review.selectors.counts import QueueCounts, queue_counts
from oversight.review.selectors.desk import Desk, Undoable, desk, lease_of, undoable_of, was_shown
from oversight.review.selectors.filters import BANDS, Filter, queue_items
from oversight.review.selectors.queue import (
    PAGE_SIZE,
    Listing,
    QueueCell,
    QueuePage,
    QueueRow,
    queue_cells,
    queue_listing,
    queue_page,
    queue_rows,
    readers,
)
from oversight.review.selectors.served import Served, served

__all__ = [
    "BANDS",
    "FREE",
    "PAGE_SIZE",
    "Choices",
    "Claim",
    "Desk",
    "Filter",
    "Listing",
    "QueueCell",
    "QueueCounts",
    "QueuePage",
    "QueueRow",
    "Served",
    "Undoable",
    "desk",
    "lease_of",
    "queue_cells",
    "queue_choices",
    "queue_counts",
    "queue_items",
    "queue_listing",
    "queue_page",
    "queue_rows",
    "readers",
    "served",
    "undoable_of",
    "was_shown",
]
