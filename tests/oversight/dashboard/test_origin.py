"""Where a transcript came from: what was not mapped, the reasoning's sources, and the payload itself."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from oversight.dashboard.notes import explained
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
CHAT = {
    "external_id": "c",
    "request": {"model": "m", "messages": [{"role": "user", "content": "q"}]},
    "response": {
        "choices": [
            {
                "message": {
                    "role": "assistant",
                    "content": "a",
                    "reasoning": "one",
                    "reasoning_content": "another",
                    "surprise": {"x": 1},
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 7}},
    },
}


def test_what_was_not_mapped_and_what_disagrees_is_listed_in_words(
    project: Project, alice: User, client_of: ClientOf
) -> None:
    stored = factories.make_transcript(project, CHAT)
    page = client_of(alice).get(f"/traces/{stored.pk}/origin").content.decode()
    assert "Two sources of the reasoning disagree" in page
    assert "Not mapped" in page
    assert "surprise" in page
    assert "Raw reasoning" in page
    assert "reasoning_content" in page
    assert "7 tokens reported" in page


def test_the_raw_payload_is_one_recorded_click_away(
    project: Project, alice: User, bob: User, client_of: ClientOf
) -> None:
    stored = factories.make_transcript(project, CHAT)
    answer = client_of(alice).get(f"/traces/{stored.pk}/raw")
    assert answer.content == json.dumps(CHAT).encode()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{stored.pk}.json"'
    event = LedgerEvent.objects.get(action="transcript.viewed")
    assert (event.detail_row.detail, event.object_id) == ({"surface": "raw", "scores": True}, str(stored.pk))
    assert client_of(bob).get(f"/traces/{stored.pk}/raw").status_code == 404


def test_a_transcript_of_which_nothing_was_left_out_says_so(project: Project, alice: User, client_of: ClientOf) -> None:
    stored = factories.make_transcript(project)
    page = client_of(alice).get(f"/traces/{stored.pk}/origin").content.decode()
    assert "Everything in the payload has its place" in page


def test_notes_are_grouped_and_unknown_ones_are_shown() -> None:
    first, second = explained(["unmapped: a", "new_kind_of_note", "unmapped: b", "unmapped: a"])
    assert (first.title, first.details) == ("Not mapped", ("a", "b"))
    assert (second.title, second.meaning) == ("New kind of note", "")
