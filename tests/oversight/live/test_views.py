"""The feed over HTTP: the socket's frames, under the same permissions."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from tests import factories

ClientOf = Callable[[User], Client]


def actions(client: Client, after: str) -> list[str]:
    [frame] = client.get("/live/feed", {"after": after}).json()["frames"]
    return [event["action"] for event in frame["events"]]


def test_the_feed_continues_from_its_cursor(
    committed_db: str, project: Project, alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    [head] = client.get("/live/feed").json()["frames"]
    factories.make_item(project)
    assert "item.queued" in actions(client, head["cursor"])
    [frame] = client.get("/live/feed", {"after": head["cursor"]}).json()["frames"]
    assert actions(client, frame["cursor"]) == []


def test_each_role_learns_of_what_its_pages_show(
    committed_db: str, project: Project, bob: User, erin: User, client_of: ClientOf
) -> None:
    auditor, foreign = client_of(erin), client_of(bob)
    [head] = auditor.get("/live/feed").json()["frames"]
    factories.make_item(project)
    assert set(actions(auditor, head["cursor"])) == {"transcripts.ingested", "transcript.scored", "transcript.flagged"}
    assert actions(foreign, head["cursor"]) == []


def test_a_stale_cursor_is_reset(committed_db: str, alice: User, client_of: ClientOf) -> None:
    frames = client_of(alice).get("/live/feed", {"after": "nonsense"}).json()["frames"]
    assert [frame["type"] for frame in frames] == ["reset", "head"]


def test_a_stranger_learns_nothing(committed_db: str) -> None:
    assert Client().get("/live/feed").status_code == 302
    assert not LedgerEvent.objects.filter(action="access.denied").exists()
