"""What reviewers may call what they see: sets of labels in versions that never change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from oversight.accounts.models import Project, User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib.errors import Conflict, Invalid
from oversight.review import default_labels
from oversight.review.default_labels import Label
from oversight.review.events import GuidelinesRead, LabelSetChosen, LabelSetCreated, LabelSetRevised
from oversight.review.models import LabelSet, LabelSetVersion, Queue

# Every other key is one that the pages of review use themselves.
FREE_KEYS = "567890blqABDEFHILMOPQRSTUVWYZ"
MOST_LABELS, MOST_CATEGORIES, GUIDELINE_CHARS = 20, 30, 20_000


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
    versions = LabelSetVersion.objects.filter(label_set=label_set_of(queue)).select_related("label_set")
    named = versions.filter(number=number).first() if number is not None else None
    return named or versions.latest("number")


@transaction.atomic
def create_label_set(*, project: Project, name: str, actor: Actor) -> LabelSet:
    """A set without a version yet; nothing can use it before it has one."""
    try:
        with transaction.atomic():
            created = LabelSet.objects.create(project=project, name=name.strip())
    except IntegrityError as error:
        raise Invalid("There is a label set of this name already.") from error
    audit.record(LabelSetCreated(object_id=str(created.pk), project_id=project.pk), actor)
    return created


@transaction.atomic
def add_version(
    *,
    label_set: LabelSet,
    labels: Sequence[Label],
    categories: Sequence[str],
    guidelines: str,
    why: str,
    based_on: int,
    by: User,
    actor: Actor,
) -> LabelSetVersion:
    """The next version. Conflict: somebody else has added one since `based_on`. Raises Invalid."""
    check_labels(labels, categories)
    if not why.strip():
        raise Invalid("Say why: reviewers read it where the guidelines have changed.")
    LabelSet.objects.select_for_update().get(pk=label_set.pk)
    last = label_set.versions.order_by("-number").first()
    if (last.number if last else 0) != based_on:
        raise Conflict("Somebody else has saved a version since you opened this form. Look at it, then save again.")
    version = LabelSetVersion.objects.create(
        label_set=label_set,
        number=based_on + 1,
        labels=list(labels),
        categories=list(categories),
        guidelines=guidelines,
        why=why.strip(),
        created_by=by,
    )
    event = LabelSetRevised(
        object_id=str(label_set.pk), project_id=label_set.project_id, number=version.number, why=version.why
    )
    audit.record(event, actor)
    return version


def check_labels(labels: Sequence[Label], categories: Sequence[str]) -> None:
    """Names and keys are each used once, and no key is one that the page needs itself. Raises Invalid."""
    if not labels:
        raise Invalid("A label set needs at least one label.")
    if len(labels) > MOST_LABELS or len(categories) > MOST_CATEGORIES:
        raise Invalid(f"At most {MOST_LABELS} labels and {MOST_CATEGORIES} categories.")
    keys = [label["key"] for label in labels if label["key"]]
    for key in keys:
        if len(key) != 1 or key not in FREE_KEYS:
            raise Invalid(f"The key {key!r} cannot be a label's: free keys are {' '.join(FREE_KEYS)}.")
    for what, words in (("key", keys), ("name", [label["name"] for label in labels]), ("category", list(categories))):
        if len({word.casefold() if what != "key" else word for word in words}) < len(words):
            raise Invalid(f"A {what} stands there twice.")


@transaction.atomic
def found_label_set(*, project: Project, name: str, actor: Actor, **version: Any) -> LabelSetVersion:
    """A set with its first version, or neither. `version` is what `add_version` takes."""
    created = create_label_set(project=project, name=name, actor=actor)
    return add_version(label_set=created, based_on=0, actor=actor, **version)


@transaction.atomic
def choose_label_set(*, queue: Queue, label_set: LabelSet, actor: Actor) -> None:
    """Have a queue use another set of its project. Verdicts that were given keep theirs."""
    if not label_set.versions.exists():
        raise Invalid("This label set has no version yet.")
    queue.label_set = label_set
    queue.save(update_fields=["label_set"])
    audit.record(LabelSetChosen(object_id=str(queue.pk), project_id=queue.project_id, label_set_id=label_set.pk), actor)


def open_guidelines(*, label_set: LabelSet, number: int, actor: Actor) -> None:
    """Record that the guidelines of a version are about to be read: how "changed since you last read" is known."""
    event = GuidelinesRead(object_id=str(label_set.pk), project_id=label_set.project_id, number=number)
    audit.record_alone(event, actor)
