"""What reviewers may call what they see: sets of labels in versions that never change."""

from __future__ import annotations

from oversight.review import default_labels
from oversight.review.models import LabelSet, LabelSetVersion, Queue


def label_set_of(queue: Queue) -> LabelSet:
    """The queue's label set. A queue without one gets its project's default, which is made when it is missing."""
    if queue.label_set is None:
        queue.label_set = default_label_set(queue.project_id)
        queue.save(update_fields=["label_set"])
    return queue.label_set


def default_label_set(project_id: int) -> LabelSet:
    """The set that each project begins with. Part of the making of a project: it writes no event of its own."""
    found, created = LabelSet.objects.get_or_create(project_id=project_id, name=default_labels.NAME)
    if created:
        LabelSetVersion.objects.create(
            label_set=found,
            number=1,
            labels=list(default_labels.LABELS),
            categories=list(default_labels.CATEGORIES),
            guidelines=default_labels.GUIDELINES,
            why="The labels that every project begins with",
        )
    return found


def version_of(queue: Queue, number: int | None = None) -> LabelSetVersion:
    """The version of this number, or the latest one."""
    versions = LabelSetVersion.objects.filter(label_set=label_set_of(queue))
    named = versions.filter(number=number).first() if number is not None else None
    return named or versions.latest("number")
