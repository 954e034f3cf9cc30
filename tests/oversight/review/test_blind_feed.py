"""The live feed names no flag of a transcript that is read blind. It shows committed events only."""

from __future__ import annotations

from oversight.accounts.models import Project, User
from oversight.audit.selectors import Cursor
from oversight.live import rights, selectors
from oversight.review.models import ReviewItem
from tests import factories


def test_a_blind_items_flag_does_not_come_over_the_socket(committed_db: str, project: Project, alice: User) -> None:
    blind, shown = factories.make_item(project), factories.make_item(project)
    ReviewItem.objects.filter(pk=blind.pk).update(stream="audit")
    access = rights.access_of(alice)
    events = selectors.read(Cursor(), [access]).events(access, Cursor())
    told = [event["object_id"] for event in events if event["action"] == "transcript.flagged"]
    assert told == [str(shown.transcript_id)]
    assert {event["object_id"] for event in events} >= {str(blind.pk), str(shown.pk)}
