"""What the pages of label sets show."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from oversight.review.models import LabelSet, LabelSetVersion, Queue


@dataclass(frozen=True, slots=True)
class LabelSetRow:
    """A set with its latest version, and the queues that use it."""

    label_set: LabelSet
    latest: LabelSetVersion | None
    queues: tuple[str, ...]


def label_sets(project_id: int) -> tuple[LabelSetRow, ...]:
    """The sets of a project by name. Three queries."""
    versions = LabelSetVersion.objects.select_related("created_by").order_by("-number")
    found = LabelSet.objects.filter(project_id=project_id).order_by("name")
    sets = found.prefetch_related(Prefetch("versions", versions), Prefetch("queues", Queue.objects.order_by("name")))
    return tuple(
        LabelSetRow(one, next(iter(one.versions.all()), None), tuple(queue.name for queue in one.queues.all()))
        for one in sets
    )


def label_set_in(projects: Collection[int]) -> QuerySet[LabelSet]:
    return LabelSet.objects.filter(project_id__in=projects).select_related("project")


def versions_of(label_set: LabelSet) -> tuple[LabelSetVersion, ...]:
    """Newest first. One query."""
    return tuple(label_set.versions.select_related("created_by").order_by("-number"))
