"""One's own settings, and the palette: where each role may go, and that it names nothing of other projects."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerEvent
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
CHOSEN = {"theme": "dark", "density": "cosy", "reading_face": "mono", "reading_size": "18", "motion": "reduced"}


def entries(client: Client, asked: str = "") -> list[dict[str, str]]:
    answer = client.get(reverse("dashboard:palette"), {"q": asked}, headers={"X-Part": "palette"})
    found: list[dict[str, str]] = json.loads(answer.content)["entries"]
    return found


def test_settings_are_kept_on_the_server_and_rendered_into_the_frame(
    project: Project, alice: User, client_of: SignIn
) -> None:
    client = client_of(alice)
    before = client.get("/settings/").content.decode()
    assert 'data-density="compact"' in before
    assert 'data-single-keys="on"' in before

    assert client.post("/settings/", CHOSEN).status_code == 302

    page = client.get(reverse("transcripts:list")).content.decode()
    for said in (
        'data-theme="dark" data-density="cosy" data-reading-face="mono" data-reading-size="18"',
        'data-motion="reduced" data-single-keys="off"',
    ):
        assert said in page
    events = LedgerEvent.objects.filter(action="user.preferences_chosen")
    assert events.count() == 1
    client.post("/settings/", CHOSEN)
    assert events.count() == 1


def test_what_cannot_be_chosen_is_refused_and_changes_nothing(alice: User, client_of: SignIn) -> None:
    client = client_of(alice)
    for wrong in ({"density": "airy"}, {"reading_size": "99"}, {"theme": "<b>"}):
        assert client.post("/settings/", {**CHOSEN, **wrong}).status_code == 422
    alice.refresh_from_db()
    assert (alice.theme, alice.density, alice.reading_size) == ("system", "compact", 14)
    assert 'data-theme="system"' in client.post("/settings/", {**CHOSEN, "density": "airy"}).content.decode()


def test_the_switch_in_the_sheet_of_keys_is_kept(alice: User, client_of: SignIn) -> None:
    client = client_of(alice)
    assert client.post(reverse("accounts:single-keys"), {}).status_code == 204
    assert 'data-single-keys="off"' in client.get("/settings/").content.decode()
    client.post(reverse("accounts:single-keys"), {"single_keys": "on"})
    assert 'data-single-keys="on"' in client.get("/settings/").content.decode()


def test_the_palette_leads_where_a_role_may_go(carol: User, alice: User, client_of: SignIn) -> None:
    of_admin = {one["title"] for one in entries(client_of(carol))}
    of_reviewer = {one["title"] for one in entries(client_of(alice))}
    assert "API keys" in of_admin
    assert of_reviewer < of_admin
    assert "API keys" not in of_reviewer
    for one in entries(client_of(carol)):
        assert client_of(carol).get(one["url"]).status_code in (200, 302), one


def test_the_palette_finds_items_and_transcripts_of_ones_own_projects(
    project: Project, other_project: Project, alice: User, bob: User, client_of: SignIn
) -> None:
    item = factories.make_item(project)
    for asked in (f"#{item.pk}", str(item.transcript_id), item.transcript.external_id):
        first = entries(client_of(alice), asked)[0]
        assert first["url"] == reverse("dashboard:trace", args=[item.transcript_id])
        assert entries(client_of(bob), asked) == []
    assert entries(client_of(alice), "adjud")[0]["title"] == "Adjudication"


def test_people_are_named_to_leads_of_their_projects_alone(
    dave: User, alice: User, bob: User, client_of: SignIn
) -> None:
    found = [one for one in entries(client_of(dave), "alice") if one["kind"] == "Person"]
    assert [(one["title"], one["note"]) for one in found] == [("Alice", alice.email)]
    assert client_of(dave).get(found[0]["url"]).status_code == 200
    assert [one for one in entries(client_of(dave), "bob") if one["kind"] == "Person"] == []
    assert [one for one in entries(client_of(alice), "dave") if one["kind"] == "Person"] == []


def test_the_palette_is_a_page_without_scripts(alice: User, client_of: SignIn) -> None:
    page = client_of(alice).get(reverse("dashboard:palette"), {"q": "compare"}).content.decode()
    assert "Compare two transcripts" in page
    assert "Nothing of that name" in client_of(alice).get(reverse("dashboard:palette"), {"q": "<x>"}).content.decode()
