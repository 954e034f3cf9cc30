"""A project's queue and its rules."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import transaction

from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib.errors import Invalid
from oversight.review.events import RulesChanged
from oversight.review.models import LabelSet, Queue

DEFAULT_QUEUE = "Flagged"
LEAST_AUDIT_SHARE, MOST_AUDIT_SHARE = 0.15, 0.9
MOST_MINUTES = 60 * 24 * 365


def queue_of(project_id: int) -> Queue:
    """The project's queue, made when it is first needed."""
    queue, _ = Queue.objects.get_or_create(
        project_id=project_id, name=DEFAULT_QUEUE, defaults={"audit_share": settings.REVIEW_AUDIT_SHARE}
    )
    return queue


@dataclass(frozen=True, slots=True)
class Rules:
    """What a lead may change about a queue; `label_set` is its id."""

    audit_share: float
    second_share: float
    agreeing_share: float
    due_after_min: int
    label_set: int | None


def rules_of(queue: Queue) -> Rules:
    return Rules(queue.audit_share, queue.second_share, queue.agreeing_share, queue.due_after_min, queue.label_set_id)


@transaction.atomic
def change_rules(*, queue: Queue, rules: Rules, reason: str, actor: Actor) -> Queue:
    """Give the queue new rules and its next policy version; items keep the version they came in under.

    The same rules again change nothing. Raises Invalid.
    """
    locked = Queue.objects.select_for_update().get(pk=queue.pk)
    before = rules_of(locked)
    if rules == before:
        return locked
    _check(rules, before, locked, reason)
    for name, value in asdict(rules).items():
        setattr(locked, "label_set_id" if name == "label_set" else name, value)
    locked.policy_version += 1
    locked.save()
    audit.record(
        RulesChanged(
            object_id=str(locked.pk),
            project_id=locked.project_id,
            version=locked.policy_version,
            before=_said(before),
            after=_said(rules),
            reason=reason,
        ),
        actor,
    )
    return locked


def _said(rules: Rules) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(rules).items()}


def _check(rules: Rules, before: Rules, queue: Queue, reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why the rules change: the reason stands in the audit trail.")
    if rules.audit_share != before.audit_share and not LEAST_AUDIT_SHARE <= rules.audit_share <= MOST_AUDIT_SHARE:
        raise Invalid("The audit share goes from 15 % to 90 %: with less, what monitors miss cannot be estimated.")
    if not (0 <= rules.second_share <= 1 and 0 <= rules.agreeing_share <= 1):
        raise Invalid("Shares go from 0 % to 100 %.")
    if not 1 <= rules.due_after_min <= MOST_MINUTES:
        raise Invalid("Give the time to a verdict as 1 minute to 365 days.")
    known = LabelSet.objects.filter(project_id=queue.project_id)
    if rules.label_set is not None and not known.filter(pk=rules.label_set).exists():
        raise Invalid("This label set is not one of the project.")
