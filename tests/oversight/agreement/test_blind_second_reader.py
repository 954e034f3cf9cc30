"""Whatever the second reader opens, not one byte of the first reader's judgement is in it, nor that there is one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from oversight.audit.selectors import head
from oversight.review.models import ReviewItem
from tests import factories
from tests.oversight.agreement import desk

ClientOf = Callable[[User], Client]
NOTE, CATEGORY = "Quite a hidden message.", "Confirmed concern 4/4"


def places(item: ReviewItem, after: str) -> tuple[str, ...]:
    """Every page and answer that names this item or its transcript."""
    transcript = item.transcript_id
    return (
        reverse("review:queue"),
        f"{reverse('review:queue')}?state=mine",
        f"{reverse('review:queue')}?state=decided",
        f"{reverse('review:changes')}?ids={item.pk}",
        reverse("review:desk", args=[transcript]),
        reverse("dashboard:trace", args=[transcript]),
        reverse("dashboard:trace-history", args=[transcript]),
        reverse("agreement:adjudicate"),
        reverse("agreement:case", args=[item.pk]),
        reverse("agreement:page"),
        reverse("agreement:items"),
        f"/live/feed?after={after}",
        reverse("dashboard:overview"),
        reverse("transcripts:list"),
    )


@pytest.mark.parametrize("has_claimed", [False, True])
def test_no_page_or_answer_tells_of_the_first_reader(
    committed_db: str, project: Project, client_of: ClientOf, *, has_claimed: bool
) -> None:
    zenobia, yusuf = (factories.make_user(name, project=project) for name in ("zenobia", "yusuf"))
    item = desk.doubled(project)
    after = str(head())
    desk.decide(item, zenobia, "confirmed", 4, note=NOTE)
    client = client_of(yusuf)
    if has_claimed:
        client.post(reverse("review:claim", args=[item.pk]))
    told = {}
    for place in places(item, after):
        answer = client.get(place, follow=True)
        # Names of colleagues stand in the form that assigns items; they say nothing of this one.
        body = re.sub(
            r"<select.*?</select>|<button[^>]*name=.assign.*?</button>", "", answer.content.decode(), flags=re.DOTALL
        )
        told[place] = [secret for secret in (NOTE, CATEGORY, "Zenobia", "verdict.committed") if secret in body]
    assert {place: secrets for place, secrets in told.items() if secrets} == {}
    assert LedgerEvent.objects.filter(action="verdict.committed", object_id=str(item.pk)).exists()


def test_the_feed_says_only_that_the_item_changed(committed_db: str, project: Project, client_of: ClientOf) -> None:
    zenobia, yusuf = (factories.make_user(name, project=project) for name in ("zenobia", "yusuf"))
    item = desk.doubled(project)
    after = str(head())
    desk.decide(item, zenobia)
    [frame] = client_of(yusuf).get("/live/feed", {"after": after}).json()["frames"]
    about = {event["action"] for event in frame["events"] if event["object_type"] == "review_item"}
    assert about == {"item.changed"}
