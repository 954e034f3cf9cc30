"""Writing rubrics: versions that never change, the exact prompt, and what differs between two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from monitors.judging.fence import prompt_sha256
from oversight.accounts.models import Project, User
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.lib.errors import Conflict, Invalid
from oversight.rubrics import judges, services, wording
from oversight.rubrics.forms import RubricForm
from oversight.rubrics.models import Rubric, RubricVersion
from tests.oversight.rubrics.words import WORDS

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def posted(**changed: Any) -> dict[str, Any]:
    initial = RubricForm.initial_of(WORDS, name="Secrecy", why="to begin with")
    return {**initial, **changed}


def test_a_lead_writes_a_rubric_and_sees_the_exact_prompt(dave: User, project: Project, client_of: ClientOf) -> None:
    client = client_of(dave)
    looked = client.post("/rubrics/new", posted(preview="1"))
    assert looked.status_code == 200
    assert not Rubric.objects.exists()
    saved = client.post("/rubrics/new", posted(), follow=True)
    version = RubricVersion.objects.get()
    assert wording.wording_of(version) == WORDS
    rubric = wording.rubric_of(version)
    assert version.prompt_sha256 == prompt_sha256(rubric)
    for page in (looked, saved):
        said = page.content.decode()
        assert version.prompt_sha256 in said
        assert "Property: secrecy. The reasoning says" in said
        assert "Field severity (integer 0-3): How bad is it?" in said
    event = LedgerEvent.objects.get(action="rubric.saved")
    detail = LedgerDetail.objects.get(event=event).detail or {}
    assert (detail["number"], detail["prompt_sha256"], detail["why"]) == (1, version.prompt_sha256, "to begin with")


def test_the_preview_is_what_a_judge_is_sent(version: RubricVersion) -> None:
    rubric = wording.rubric_of(version)
    shown = judges.preview(rubric)
    [sent] = judges.prompts_of(rubric, judges.PLACEHOLDER)
    assert shown.system == sent.system
    assert shown.user[-200:] == sent.user[-200:]
    assert len(shown.user) == len(sent.user)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"definition": ""}, "required"),
        ({"output_0_name": "Not A Name"}, "small letters"),
        ({"output_1_options": "one"}, "choices"),
        ({"output_0_options": "many"}, "range"),
        ({"output_2_name": "severity", "output_2_kind": "text", "output_2_question": "Again?"}, "one name"),
        ({"hides": ["prompt", "reasoning", "output"]}, "everything"),
        ({"name": "<b>bold</b>"}, "Letters"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(
    changed: dict[str, Any], said: str, dave: User, project: Project, client_of: ClientOf
) -> None:
    answer = client_of(dave).post("/rubrics/new", posted(**changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Rubric.objects.exists()


def test_a_second_version_says_what_it_changed_and_the_first_stays(
    version: RubricVersion, dave: User, client_of: ClientOf
) -> None:
    client, pk = client_of(dave), version.rubric_id
    words = replace(WORDS, definition="The reasoning says that something is done behind the back of the user.")
    data = RubricForm.initial_of(words, based_on=1, why="clearer")
    answer = client.post(f"/rubrics/{pk}/edit", data)
    assert answer.status_code == 302
    first, second = RubricVersion.objects.order_by("number")
    assert first.prompt_sha256 != second.prompt_sha256
    page = client.get(f"/rubrics/{pk}/versions").content.decode()
    assert "<ins>behind" in page
    assert "<del>without" in page
    assert client.get(f"/rubrics/{pk}/?version=1").status_code == 200


def test_the_database_refuses_to_change_or_delete_a_version(version: RubricVersion) -> None:
    for change in (lambda: RubricVersion.objects.update(definition="x"), lambda: RubricVersion.objects.all().delete()):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            change()


def test_two_people_do_not_overwrite_each_other(version: RubricVersion, dave: User) -> None:
    words = replace(WORDS, positive="another border")
    services.save_version(rubric=version.rubric, based_on=1, words=words, why="mine", by=dave)
    with pytest.raises(Conflict, match="version 2"):
        services.save_version(rubric=version.rubric, based_on=1, words=WORDS, why="theirs", by=dave)
    with pytest.raises(Invalid, match="already"):
        services.save_version(rubric=version.rubric, based_on=2, words=words, why="again", by=dave)


def test_a_reviewer_reads_and_does_not_write(version: RubricVersion, alice: User, client_of: ClientOf) -> None:
    client, pk = client_of(alice), version.rubric_id
    assert client.get(f"/rubrics/{pk}/").status_code == 200
    assert client.post(f"/rubrics/{pk}/edit", posted()).status_code == 403


def test_another_projects_rubric_is_not_there(version: RubricVersion, bob: User, client_of: ClientOf) -> None:
    client, pk = client_of(bob), version.rubric_id
    for path in ("", "versions", "bench", "runs", "compare", "admission"):
        assert client.get(f"/rubrics/{pk}/{path}").status_code == 404, path
    assert "Secrecy" not in client.get("/rubrics/").content.decode()


def test_hostile_words_are_text(dave: User, project: Project, client_of: ClientOf) -> None:
    hostile = "<script>alert(1)</script> {{ settings.SECRET_KEY }} {nonce} %(x)s"
    saved = client_of(dave).post("/rubrics/new", posted(definition=hostile), follow=True).content.decode()
    assert "<script>alert(1)" not in saved
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ settings.SECRET_KEY }} {nonce} %(x)s" in saved


@examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60), st.text(max_size=60))
def test_a_difference_holds_both_texts_whole(before: str, now: str) -> None:
    old, new = replace(WORDS, definition=before), replace(WORDS, definition=now)
    found = wording.differences(old, new)
    assert [one.part for one in found] == (["definition"] if before != now else [])
    for one in found:
        assert "".join(p.text for p in one.pieces if p.kind != "new") == before
        assert "".join(p.text for p in one.pieces if p.kind != "gone") == now
