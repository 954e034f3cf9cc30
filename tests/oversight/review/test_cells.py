"""What a frame says of a row is what each reader's own page would be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from pytest_django import DjangoAssertNumQueries

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.lib import clock
from oversight.review import selectors, services
from oversight.review.models import ReviewItem
from oversight.review.selectors import Filter
from oversight.review.selectors.blindness import blind_among, blind_items
from oversight.review.selectors.cells import cells_for
from oversight.transcripts.services import open_transcript
from tests import factories

pytestmark = pytest.mark.django_db


def made(project: Project, **fields: Any) -> ReviewItem:
    item: ReviewItem = factories.make_item(project)
    ReviewItem.objects.filter(pk=item.pk).update(**fields)
    item.refresh_from_db()
    return item


def decided(item: ReviewItem, by: User) -> ReviewItem:
    actor = Actor.of(by)
    assignment = services.claim(item=item, reviewer=by, actor=actor)
    open_transcript(transcript=item.transcript, surface="page", actor=actor, scores=False)
    services.commit_verdict(
        assignment=assignment, content=services.Content(label="benign", severity=None, note=""), actor=actor
    )
    return item


def of_every_kind(project: Project, alice: User, dave: User) -> list[ReviewItem]:
    claimed, second = made(project), made(project, required=2)
    for item in (claimed, second):
        services.claim(item=item, reviewer=alice, actor=Actor.of(alice))
    return [
        claimed,
        second,
        made(project),
        made(project, stream="audit"),
        made(project, state="disputed"),
        made(project, snoozed_until=clock.now() + timedelta(hours=1)),
        made(project, snoozed_until=clock.now() - timedelta(hours=1)),
        made(project, assignee=dave),
        decided(made(project), alice),
        decided(made(project, stream="audit"), alice),
        decided(made(project, required=2), alice),
        decided(made(project, required=2, stream="audit"), dave),
        decided(decided(made(project, required=2), alice), dave),
    ]


def test_every_reader_is_told_what_their_own_page_would_say(
    project: Project, alice: User, carol: User, dave: User
) -> None:
    ids = [item.pk for item in of_every_kind(project, alice, dave)]
    told = cells_for(ids, {user.pk: {project.pk} for user in (alice, carol, dave)})
    for user in (alice, carol, dave):
        asked = selectors.queue_cells(ids, project_id=project.pk, user=user, where=Filter())
        assert told[user.pk] == tuple(sorted(asked, key=lambda cell: cell.id))


def test_who_may_not_see_the_queue_is_told_nothing(project: Project, alice: User, bob: User) -> None:
    item = made(project)
    told = cells_for([item.pk], {alice.pk: {project.pk}, bob.pk: {project.pk + 1}})
    assert ([cell.id for cell in told[alice.pk]], told[bob.pk]) == ([item.pk], ())


def test_blind_items_are_the_same_for_many_as_for_each(project: Project, alice: User, carol: User, dave: User) -> None:
    items = of_every_kind(project, alice, dave)
    found = blind_among(Q(pk__in=[item.pk for item in items]))
    for user in (alice, carol, dave):
        assert {item.id for item in found if item.hides_from(user.pk)} == blind_items(
            user, list(ReviewItem.objects.all())
        )


def test_many_readers_cost_no_more_queries_than_one(
    project: Project, alice: User, carol: User, dave: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [item.pk for item in of_every_kind(project, alice, dave)]
    for readers in ((alice,), (alice, carol, dave)):
        with django_assert_num_queries(5):
            cells_for(ids, {user.pk: {project.pk} for user in readers})
