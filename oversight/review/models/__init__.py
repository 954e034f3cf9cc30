"""Queues, review items, assignments, verdicts, and the labels they use."""

from __future__ import annotations

from oversight.review.models.assignment import ADJUDICATOR_SLOT, Assignment, AssignmentState, Draft, Role
from oversight.review.models.item import ItemState, Queue, ReviewItem, SavedView, Stream, is_awake
from oversight.review.models.labels import LabelSet, LabelSetVersion
from oversight.review.models.verdict import Confidence, Span, Verdict, VerdictLabel, VerdictState

__all__ = [
    "ADJUDICATOR_SLOT",
    "Assignment",
    "AssignmentState",
    "Confidence",
    "Draft",
    "ItemState",
    "LabelSet",
    "LabelSetVersion",
    "Queue",
    "ReviewItem",
    "Role",
    "SavedView",
    "Span",
    "Stream",
    "Verdict",
    "VerdictLabel",
    "VerdictState",
    "is_awake",
]
