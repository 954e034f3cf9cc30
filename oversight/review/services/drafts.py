"""What a reader has entered and not committed: kept per item and person, whatever becomes of the lease.

Keeping a draft is no act of review: it writes no event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from oversight.accounts.models import User
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.lib.errors import Conflict
from oversight.review.content import FIELDS, Content, cleaned, differing, draft_of
from oversight.review.models import Draft, ReviewItem

NOTHING = cleaned({})


class StaleDraft(Conflict):
    """The draft was saved elsewhere in the meantime: `yours` is what was refused, `theirs` what is kept."""

    def __init__(self, yours: Mapping[str, Any], theirs: Draft) -> None:
        super().__init__("You went on with this item in another tab. Choose what to keep; nothing is lost.")
        self.yours, self.theirs = dict(yours), theirs


@transaction.atomic
def save_draft(
    *, item: ReviewItem, reviewer: User, content: Mapping[str, Any], revision: int | None, actor: Actor
) -> Draft:
    """Keep what was entered. `revision` is the one that it was entered on; None overwrites whatever is there.

    Raises StaleDraft when another revision is kept that says something else, Invalid for what no verdict could hold.
    """
    entered = cleaned(content)
    Draft.objects.get_or_create(
        item=item, reviewer=reviewer, defaults={"revision": 0, "content": NOTHING, "saved_at": clock.now()}
    )
    draft = Draft.objects.select_for_update().get(item=item, reviewer=reviewer)
    if revision is not None and revision != draft.revision and differing(entered, cleaned(draft.content)):
        raise StaleDraft(entered, draft)
    return _keep(draft, entered)


def enter_label(*, item: ReviewItem, reviewer: User, label: str, actor: Actor) -> Draft:
    """Choose a verdict in the draft, and leave the rest of it as it is."""
    kept = Draft.objects.filter(item=item, reviewer=reviewer).first()
    content = {**(kept.content if kept else NOTHING), "label": label}
    return save_draft(item=item, reviewer=reviewer, content=content, revision=None, actor=actor)


def _keep(draft: Draft, content: Mapping[str, Any]) -> Draft:
    draft.content, draft.revision, draft.saved_at = dict(content), draft.revision + 1, clock.now()
    draft.save(update_fields=["content", "revision", "saved_at"])
    return draft


def choose(*, yours: Mapping[str, Any], theirs: Mapping[str, Any], choices: Mapping[str, str]) -> dict[str, Any]:
    """One draft of two: for each field "yours", "theirs" or, of notes and spans, "both". Nothing said keeps yours."""
    mine, other = cleaned(yours), cleaned(theirs)
    merged = dict(mine)
    for name in differing(mine, other):
        choice = choices.get(name, "yours")
        if choice == "theirs":
            merged[name] = other[name]
        elif choice == "both" and name == "spans":
            merged[name] = mine[name] + [span for span in other[name] if span not in mine[name]]
        elif choice == "both" and name == "note":
            merged[name] = "\n\n".join(note for note in (mine[name], other[name]) if note)
    return {**merged, "undo": [], "redo": []}


def check_revision(*, item: ReviewItem, reviewer: User, content: Content, revision: int | None) -> None:
    """For a commit: raises StaleDraft when a later revision is kept that says something else."""
    draft = Draft.objects.select_for_update().filter(item=item, reviewer=reviewer).first()
    if draft is None or revision is None or draft.revision <= revision:
        return
    entered = draft_of(content)
    if differing(entered, cleaned(draft.content)):
        raise StaleDraft(entered, draft)


def clear_draft(*, item: ReviewItem, reviewer: User) -> None:
    """Part of a commit. The row stays, so that its revision only rises."""
    for draft in Draft.objects.select_for_update().filter(item=item, reviewer=reviewer):
        _keep(draft, NOTHING)


def restore_draft(*, item: ReviewItem, reviewer: User, content: Content) -> None:
    """Part of an undo or a reopening: the reader goes on where the verdict was. What was entered since is kept."""
    Draft.objects.get_or_create(
        item=item, reviewer=reviewer, defaults={"revision": 0, "content": NOTHING, "saved_at": clock.now()}
    )
    draft = Draft.objects.select_for_update().get(item=item, reviewer=reviewer)
    if not any(draft.content.get(name) for name in FIELDS):
        _keep(draft, draft_of(content))
