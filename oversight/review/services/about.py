"""What every event of an item says."""

from __future__ import annotations

from typing import TypedDict

from oversight.review.models import ReviewItem


class About(TypedDict):
    """Its id, its project and its transcript."""

    object_id: str
    project_id: int
    transcript_id: str


def about(item: ReviewItem) -> About:
    return {"object_id": str(item.pk), "project_id": item.project_id, "transcript_id": str(item.transcript_id)}
