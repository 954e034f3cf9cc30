"""The list of transcripts as a reviewer meets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from oversight.accounts.models import Membership, Project, User
from oversight.dashboard import traces
from oversight.transcripts.models import Transcript
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def shown(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<a href="/traces/[0-9a-f-]{36}/" title="([^"]*)"', page)]


def look(client: Client, query: str = "") -> str:
    answer = client.get(f"/traces/{query}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def link(page: str, rel: str) -> str:
    return unescape(re.search(rf'rel="{rel}" href="([^"]*)"', page)[1])  # type: ignore[index]  # no link fails the test


@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("lead", 200), ("reviewer", 200), ("auditor", 403), ("ingest", 403)]
)
def test_who_may_see_the_list(client_of: SignIn, project: Project, role: str, status: int) -> None:
    assert client_of(factories.make_user("x", project=project, role=role)).get("/traces/").status_code == status


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    assert client.get("/traces/").headers["Location"].startswith("/login/")


def test_other_projects_are_not_listed(
    client_of: SignIn, alice: User, project: Project, other_project: Project
) -> None:
    factories.make_transcript(project, id="mine")
    factories.make_transcript(other_project, id="theirs")
    for query in ("", "?project=beta", "?id=theirs", f"?project={other_project.slug}&id=theirs"):
        assert "theirs" not in shown(look(client_of(alice), query))
    assert shown(look(client_of(alice))) == ["mine"]


def test_a_member_of_two_projects_chooses(
    client_of: SignIn, alice: User, project: Project, other_project: Project
) -> None:
    Membership.objects.create(user=alice, project=other_project, role="reviewer")
    factories.make_transcript(project, id="one")
    factories.make_transcript(other_project, id="two")
    assert shown(look(client_of(alice), "?project=beta")) == ["two"]


def test_pages_go_back_and_forth_without_loss_while_rows_arrive(
    client_of: SignIn, alice: User, project: Project, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    monkeypatch.setattr(traces, "PAGE_SIZE", 3)
    client = client_of(alice)
    for i in range(8):
        clock.advance(seconds=i % 2)  # some arrive in the same instant
        factories.make_transcript(project, id=f"t{i}")
    expected = list(Transcript.objects.order_by("-received_at", "-pk").values_list("external_id", flat=True))
    first = look(client)
    second = look(client, link(first, "next"))
    clock.advance(seconds=1)
    factories.make_transcript(project, id="new")
    third = look(client, link(second, "next"))
    assert shown(first) + shown(second) + shown(third) == expected
    assert 'rel="next"' not in third
    assert shown(look(client, link(third, "prev"))) == shown(second)
    back = look(client, link(second, "prev"))
    assert shown(back) == expected[:3]
    assert shown(look(client, link(back, "prev"))) == ["new", *expected[:2]]
    assert 'rel="prev"' not in look(client)


def test_filters_are_in_the_url_and_stay_over_pages(
    client_of: SignIn, alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "PAGE_SIZE", 1)
    for i in range(2):
        factories.make_transcript(project, id=f"a{i}", model="model/é & co")
    factories.make_transcript(project, id="b", model="other", reasoning="")
    client = client_of(alice)
    first = look(client, "?model=model/%C3%A9+%26+co")
    assert [*shown(first), *shown(look(client, link(first, "next")))] == ["a1", "a0"]
    assert shown(look(client, "?visibility=none")) == ["b"]
    assert len(shown(look(client, "?visibility=raw"))) == 1
    assert shown(look(client, "?id=b")) == ["b"]
    assert "Nothing matches these filters" in look(client, "?id=B")


def test_flagged_ones_can_be_listed_alone(client_of: SignIn, alice: User, project: Project) -> None:
    flagged = factories.make_transcript(project, id="flagged")
    factories.make_score(flagged, 1.0)
    factories.make_transcript(project, id="clean")
    page = look(client_of(alice))
    assert (page.count("badge-danger"), page.count("1.00")) == (1, 1)
    assert shown(look(client_of(alice), "?flagged=1")) == ["flagged"]


@pytest.mark.parametrize(
    "query",
    [
        "older=x",
        "newer=1-2",
        "older=999999999999999999-" + "0" * 32,
        "visibility=secret",
        "older=٣-" + "0" * 32,
        "id=%00",
    ],
)
def test_what_is_no_page_or_filter_of_ours_is_refused(client_of: SignIn, alice: User, query: str) -> None:
    assert client_of(alice).get(f"/traces/?{query}").status_code == 400


@pytest.mark.parametrize("query", ["model__contains=x", "order_by=payload__body", "_connector=OR", "project=nope"])
def test_names_that_are_no_filters_of_ours_do_nothing(
    client_of: SignIn, alice: User, project: Project, query: str
) -> None:
    factories.make_transcript(project, id="one")
    assert shown(look(client_of(alice), f"?{query}")) == ["one"]


def test_an_empty_project_teaches_how_to_send(client_of: SignIn, alice: User) -> None:
    page = look(client_of(alice))
    assert "curl http://127.0.0.1:8000/api/v1/transcripts" in page
    assert "import_transcripts FILE.jsonl.gz --project alpha" in page


def test_hostile_names_are_shown_as_text(client_of: SignIn, alice: User, project: Project) -> None:
    name = '"><script>alert(1)</script>{{7*7}}'
    factories.make_transcript(project, id=name, model=name, checkpoint=name)
    page = look(client_of(alice))
    assert "<script>alert" not in page
    assert shown(page) == [name]


def test_the_list_takes_the_same_queries_for_one_row_and_for_fifty(
    client_of: SignIn, alice: User, project: Project, django_assert_max_num_queries: Any
) -> None:
    client = client_of(alice)
    deployment = factories.make_deployment(project)
    for i in range(50):
        transcript = factories.make_transcript(project)
        if i < 3:
            factories.make_score(transcript, 0.5, deployment=deployment)
    with django_assert_max_num_queries(12) as captured:
        look(client)
    assert not [q for q in captured.captured_queries if "transcripts_message" in q["sql"] or "body_zstd" in q["sql"]]
