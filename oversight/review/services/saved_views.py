"""Filters of the queue page that a reviewer keeps under a name."""

from __future__ import annotations

from django.db import transaction

from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib.errors import Invalid
from oversight.review.events import ViewDeleted, ViewSaved
from oversight.review.models import SavedView

MOST_VIEWS, LONGEST_QUERY = 30, 500


@transaction.atomic
def save_view(*, project_id: int, user: User, name: str, query: str, actor: Actor) -> SavedView:
    """Keep filters, as they stand in the URL, under a name; the same name again replaces what it kept."""
    if not name.strip() or len(name) > 60:
        raise Invalid("Give the view a name of up to 60 characters.")
    if len(query) > LONGEST_QUERY:
        raise Invalid("These filters are too long to keep.")
    own = SavedView.objects.filter(project_id=project_id, user=user)
    if own.exclude(name=name.strip()).count() >= MOST_VIEWS:
        raise Invalid(f"You have {MOST_VIEWS} views. Delete one first.")
    view, _ = own.update_or_create(project_id=project_id, user=user, name=name.strip(), defaults={"query": query})
    audit.record(ViewSaved(object_id=str(view.pk), project_id=project_id), actor)
    return view


@transaction.atomic
def delete_view(*, view: SavedView, actor: Actor) -> None:
    """Forget a saved view."""
    audit.record(ViewDeleted(object_id=str(view.pk), project_id=view.project_id), actor)
    view.delete()
