"""What the queue page shows of whom to whom: blind rows, filters, counts, saved views and rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.actors import Actor
from oversight.audit.models import LedgerEvent
from oversight.lib import clock as house_clock
from oversight.review import selectors, services
from oversight.review.models import Queue, ReviewItem, SavedView
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
# What a blind row must not hold, wherever it is sent: what monitors say, and which stream it is of.
TELLING = ("0.97", "xylophone", "byte_channels", "Byte channels", "<mark>", "the beginning", "audit", "data-level")


def make_item(project: Project, **fields: Any) -> ReviewItem:
    item: ReviewItem = factories.make_item(project, reasoning="xylophone", answer="xylophone")
    ReviewItem.objects.filter(pk=item.pk).update(**fields)
    item.refresh_from_db()
    return item


def blind_item(project: Project) -> ReviewItem:
    return make_item(project, stream="audit", priority=0.97, place=0.5)


def row_of(page: str, item: ReviewItem) -> str:
    return page[page.index(f'id="item-{item.pk}"') :].partition("</tr>")[0]


@pytest.mark.parametrize("who", ["alice", "dave", "carol"])
def test_a_blind_row_holds_no_score_snippet_monitor_or_stream(
    who: str, project: Project, client_of: ClientOf, request: pytest.FixtureRequest
) -> None:
    item, client = blind_item(project), client_of(request.getfixturevalue(who))
    page = client.get("/review/").content.decode()
    changes = client.get(f"/review/changes?ids={item.pk}").content.decode()
    for text in (row_of(page, item), changes):
        assert [word for word in TELLING if word in text] == []
    assert "0.97" not in page
    assert "xylophone" not in page
    assert "after your verdict" in changes


def test_a_blind_row_is_not_recorded_as_shown_and_its_verdict_is_blind(
    project: Project, alice: User, client_of: ClientOf
) -> None:
    item, client = blind_item(project), client_of(alice)
    client.get("/review/")
    assert not LedgerEvent.objects.filter(action="transcripts.listed").exists()
    assert not selectors.was_shown(reviewer_id=alice.pk, transcript_id=item.transcript_id)


def test_ones_own_verdict_shows_what_monitors_said(project: Project, alice: User, client_of: ClientOf) -> None:
    item, client, actor = blind_item(project), client_of(alice), Actor.of(alice)
    assignment = services.claim(item=item, reviewer=alice, actor=actor)
    verdict = services.commit_verdict(
        assignment=assignment, content=services.Content(label="benign", severity=None, note=""), actor=actor
    )
    assert (verdict.stream, verdict.blinded) == ("audit", True)
    assert "0.97" in row_of(client.get("/review/?state=decided").content.decode(), item)


@pytest.mark.parametrize("query", ["monitor=byte_channels", "score=4"])
def test_a_blind_item_cannot_be_found_by_what_monitors_say(
    query: str, project: Project, alice: User, client_of: ClientOf
) -> None:
    blind, shown = blind_item(project), make_item(project)
    page = client_of(alice).get(f"/review/?{query}").content.decode()
    assert f'id="item-{shown.pk}"' in page
    assert f'id="item-{blind.pk}"' not in page


def test_only_leads_can_ask_for_a_stream(project: Project, alice: User, dave: User, client_of: ClientOf) -> None:
    blind, shown = blind_item(project), make_item(project)
    lead = client_of(dave).get("/review/?stream=audit").content.decode()
    assert (f'id="item-{blind.pk}"' in lead, f'id="item-{shown.pk}"' in lead) == (True, False)
    reviewer = client_of(alice).get("/review/?stream=audit").content.decode()
    assert f'id="item-{shown.pk}"' in reviewer
    assert "Audit sample" not in reviewer


def test_the_row_of_a_flagged_item_shows_every_monitor_with_its_score(
    project: Project, alice: User, client_of: ClientOf
) -> None:
    item = make_item(project)
    other = factories.make_deployment(project, "known_codes")
    factories.make_score(item.transcript, 0.9, deployment=other)
    row = row_of(client_of(alice).get("/review/").content.decode(), item)
    assert "byte_channels" in row
    assert "1.00" in row
    assert "known_codes" in row
    assert "0.90" in row


def test_filters_by_run_person_due_and_score(project: Project, alice: User, client_of: ClientOf) -> None:
    client, now = client_of(alice), house_clock.now()
    late = make_item(project, due_at=now - timedelta(hours=2), priority=0.3, place=0.3)
    mine = make_item(project, assignee=alice)
    run = late.transcript.model_run_id
    for query, expected in (
        ("due=overdue", {late.pk}),
        ("due=ahead", {mine.pk}),
        ("assignee=me", {mine.pk}),
        ("assignee=none", {late.pk}),
        (f"assignee={alice.pk}", {mine.pk}),
        ("score=2", {late.pk}),
        ("score=4", {mine.pk}),
        (f"run={run}", {late.pk, mine.pk}),
        (f"run={run + 1}", set()),
        ("run=x&score=9&due=never&assignee=you", {late.pk, mine.pk}),
        ("state=mine", {mine.pk}),
    ):
        page = client.get(f"/review/?{query}").content.decode()
        assert {item.pk for item in (late, mine) if f'id="item-{item.pk}"' in page} == expected, query
    assert "2 h overdue" in row_of(client.get("/review/").content.decode(), late)


def test_counts_part_the_open_items(project: Project, alice: User, dave: User) -> None:
    items = [make_item(project) for _ in range(6)]
    now = house_clock.now()
    services.claim(item=items[0], reviewer=alice, actor=Actor.of(alice))
    services.claim(item=items[1], reviewer=dave, actor=Actor.of(dave))
    back = services.claim(item=items[2], reviewer=alice, actor=Actor.of(alice))
    services.release(assignment=back, actor=Actor.of(alice))
    ReviewItem.objects.filter(pk=items[3].pk).update(snoozed_until=now + timedelta(hours=1))
    ReviewItem.objects.filter(pk=items[4].pk).update(assignee=dave, due_at=now - timedelta(minutes=1))
    counts = selectors.queue_counts(project_id=project.pk, user=alice)
    parts = (counts.free, counts.mine, counts.held, counts.given_back, counts.for_others, counts.snoozed)
    assert parts == (1, 1, 1, 1, 1, 1)
    assert (counts.open, counts.overdue, counts.overdue_in_words) == (5, 1, "1 overdue")
    assert counts.oldest == items[4].created_at
    assert "1 assigned to others, 1 snoozed" in counts.why_none_is_free()


def test_what_one_has_read_of_two_is_not_open_for_oneself(project: Project, alice: User, dave: User) -> None:
    item = make_item(project, required=2)
    assignment = services.claim(item=item, reviewer=alice, actor=Actor.of(alice))
    content = services.Content(label="benign", severity=None, note="")
    services.commit_verdict(assignment=assignment, content=content, actor=Actor.of(alice))
    where = selectors.Filter()
    found = {
        user.pk: set(selectors.queue_items(project_id=project.pk, user=user, where=where)) for user in (alice, dave)
    }
    assert found == {alice.pk: set(), dave.pk: {item}}
    assert selectors.queue_counts(project_id=project.pk, user=alice).open == 0
    assert selectors.queue_counts(project_id=project.pk, user=dave).free == 1


def test_a_view_is_kept_found_and_forgotten_by_its_owner(
    project: Project, alice: User, dave: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    client.post(f"/review/views?project={project.slug}&due=overdue&score=4&older=1-2", {"name": "Late <b>and</b> high"})
    view = SavedView.objects.get()
    assert (view.user, view.query) == (alice, "score=4&due=overdue")
    page = client.get("/review/").content.decode()
    assert "Late &lt;b&gt;and&lt;/b&gt; high" in page
    assert "score=4&amp;due=overdue" in page
    assert "Late" not in client_of(dave).get("/review/").content.decode()
    assert client_of(dave).post(f"/review/views/{view.pk}/delete").status_code == 404
    client.post(f"/review/views/{view.pk}/delete")
    assert not SavedView.objects.exists()


def test_a_lead_changes_the_rules_with_a_reason(project: Project, dave: User, client_of: ClientOf) -> None:
    services.queue_of(project.pk)
    client = client_of(dave)
    posted = {"audit": "20", "second": "10", "agreeing": "5", "due_hours": "12", "label_set": ""}
    refused = client.post("/review/rules/", posted)
    assert refused.status_code == 422
    assert "Reason" in refused.content.decode()
    answer = client.post("/review/rules/", {**posted, "reason": "More audits"}, follow=True)
    assert "The new rules are version 2" in answer.content.decode()
    queue = Queue.objects.get()
    assert (queue.audit_share, queue.second_share, queue.due_after_min, queue.policy_version) == (0.2, 0.1, 720, 2)
    assert 'value="20"' in client.get("/review/rules/").content.decode()


def test_a_reviewer_neither_sees_nor_sets_the_rules(project: Project, alice: User, client_of: ClientOf) -> None:
    assert client_of(alice).get("/review/rules/").status_code == 403
    assert "Queue rules" not in client_of(alice).get("/review/").content.decode()


def test_the_list_of_transcripts_tells_nothing_of_a_blind_one(
    project: Project, alice: User, client_of: ClientOf
) -> None:
    blind, client = blind_item(project), client_of(alice)
    external_id = blind.transcript.external_id
    listed = client.get("/traces/").content.decode()
    assert external_id in listed
    assert "after your verdict" in listed
    assert "Flagged</span>" not in listed
    assert external_id not in client.get("/traces/?flagged=1").content.decode()
