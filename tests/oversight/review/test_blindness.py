"""Who may not see the scores of a transcript yet."""

from __future__ import annotations

from typing import Any

import pytest

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.review import services
from oversight.review.models import ReviewItem, Verdict
from oversight.review.selectors.blindness import hidden_scores, hides_scores
from oversight.transcripts.services import open_transcript
from tests import factories

pytestmark = pytest.mark.django_db


def made(project: Project, **fields: Any) -> ReviewItem:
    item: ReviewItem = factories.make_item(project)
    ReviewItem.objects.filter(pk=item.pk).update(**fields)
    item.refresh_from_db()
    return item


def decided(item: ReviewItem, reviewer: User, *, scores: bool) -> Verdict:
    actor = Actor.of(reviewer)
    assignment = services.claim(item=item, reviewer=reviewer, actor=actor)
    open_transcript(transcript=item.transcript, surface="page", actor=actor, scores=scores)
    content = services.Content(label="benign", severity=None, note="")
    return services.commit_verdict(assignment=assignment, content=content, actor=actor)


def test_a_flagged_item_hides_nothing(project: Project, alice: User) -> None:
    assert not hides_scores(alice, made(project).transcript_id)


@pytest.mark.parametrize("fields", [{"stream": "audit"}, {"required": 2}, {"state": "disputed"}])
def test_an_item_read_blind_hides_its_scores_from_every_role(
    fields: dict[str, Any], project: Project, alice: User, carol: User, dave: User
) -> None:
    transcript_id = made(project, **fields).transcript_id
    assert [hides_scores(user, transcript_id) for user in (alice, carol, dave)] == [True, True, True]


def test_ones_own_verdict_reveals_the_scores(project: Project, alice: User, dave: User) -> None:
    item = made(project, stream="audit", required=2)
    decided(item, alice, scores=False)
    assert not hides_scores(alice, item.transcript_id)
    assert hides_scores(dave, item.transcript_id)


def test_a_verdict_taken_back_hides_them_again(project: Project, alice: User) -> None:
    item = made(project, stream="audit")
    verdict = decided(item, alice, scores=False)
    assert not hides_scores(alice, item.transcript_id)
    services.undo_verdict(verdict=verdict, actor=Actor.of(alice))
    assert hides_scores(alice, item.transcript_id)


def test_of_a_list_those_read_blind_are_named(project: Project, alice: User) -> None:
    shown, blind = made(project), made(project, stream="audit")
    assert hidden_scores(alice, [shown.transcript_id, blind.transcript_id]) == {blind.transcript_id}


@pytest.mark.parametrize("scores", [True, False])
def test_a_verdict_is_blind_when_the_transcript_was_opened_without_scores(
    scores: bool, project: Project, alice: User
) -> None:
    assert decided(made(project, stream="audit"), alice, scores=scores).blinded is not scores
