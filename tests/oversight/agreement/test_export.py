"""Labels as files: what they hold, who is told, and offsets that still fit the text."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from oversight.accounts.models import Project, User
from oversight.agreement import label_studio
from oversight.audit.models import LedgerEvent
from oversight.review import services
from oversight.review.models import ReviewItem
from tests.conftest import Clock
from tests.oversight.agreement import desk

ClientOf = Callable[[User], Client]
# Emoji with a joiner, Han, Hebrew with marks, combining accents, zero-width characters, tags, beyond the first plane.
HARD = "A👩‍💻b 隐藏 שָׁלוֹם e\u0301a\u0308 x\u200b\u200cy \U000e0068\U000e0069 𝔘\u202eabc\u202c\r\nend"


def lines_of(client: Client, **query: str) -> list[dict[str, Any]]:
    answer = client.get(reverse("agreement:export"), query)
    assert answer.status_code == 200
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]  # type: ignore[attr-defined]


@pytest.fixture
def settled(disputed: ReviewItem, alice: User, clock: Clock) -> ReviewItem:
    """The dispute, decided by Alice, past every undo window."""
    desk.adjudicate(
        disputed, alice, "suspicious", spans=[desk.marked(disputed, 1, 4, 25, desk.label_names(disputed)[0])]
    )
    clock.advance(seconds=9)
    services.settle_due(actor=desk.WORKER)
    return disputed


@pytest.mark.django_db
def test_a_record_holds_every_verdict_and_says_which_one_counts(
    settled: ReviewItem, dave: User, client_of: ClientOf
) -> None:
    [record] = lines_of(client_of(dave))
    assert [(one["label"], one["holds"], one["role"]) for one in record["verdicts"]] == [
        ("confirmed", False, "reader"),
        ("benign", False, "reader"),
        ("suspicious", True, "adjudicator"),
    ]
    assert record["verdict"]["label"] == "suspicious"
    assert (record["stream"], record["inclusion_prob"], record["readers_required"]) == ("triage", 1.0, 2)
    assert {one["label_set_version"] for one in record["verdicts"]} == {1}
    texts = [part["text"] for part in record["parts"]]
    for verdict in record["verdicts"]:
        for span in verdict["spans"]:
            assert texts[span["part"]][span["start"] : span["end"]] == span["quote"]


@pytest.mark.django_db
def test_what_can_still_be_undone_stays_in_the_house(
    disputed: ReviewItem, alice: User, dave: User, client_of: ClientOf, clock: Clock
) -> None:
    client = client_of(dave)
    assert lines_of(client) == []
    verdict = desk.adjudicate(disputed, alice)
    assert lines_of(client) == []
    clock.advance(seconds=9)
    services.settle_verdict(verdict=verdict, actor=desk.WORKER)
    assert len(lines_of(client)) == 1


@pytest.mark.django_db
def test_each_export_is_one_event_with_its_number_of_rows(settled: ReviewItem, dave: User, client_of: ClientOf) -> None:
    lines_of(client_of(dave), text="no", label="suspicious")
    event = LedgerEvent.objects.get(action="labels.exported")
    assert event.detail_row.detail == {
        "n_rows": 1,
        "format": "jsonl",
        "with_text": False,
        "filters": {"queue": "state=decided", "label": "suspicious"},
    }


@pytest.mark.django_db
def test_the_filter_is_that_of_the_address(settled: ReviewItem, dave: User, client_of: ClientOf) -> None:
    client = client_of(dave)
    assert len(lines_of(client, stream="triage")) == 1
    assert lines_of(client, stream="audit") == []
    assert lines_of(client, label="benign") == []
    assert lines_of(client, version="999999") == []


@pytest.mark.django_db
def test_without_text_there_are_offsets_and_digests_only(settled: ReviewItem, dave: User, client_of: ClientOf) -> None:
    answer = client_of(dave).get(reverse("agreement:export"), {"text": "no"})
    body = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "tests live" not in body
    assert "Standard practice" not in body
    [record] = [json.loads(line) for line in body.splitlines()]
    assert len(record["text_sha256"]) == 3
    assert record["verdict"]["spans"] == [
        {"label": record["verdict"]["spans"][0]["label"], "part": 1, "start": 4, "end": 25}
    ]


@pytest.mark.django_db
def test_reviewers_take_no_labels_out(settled: ReviewItem, alice: User, bob: User, client_of: ClientOf) -> None:
    assert client_of(alice).get(reverse("agreement:export")).status_code == 403
    assert not LedgerEvent.objects.filter(action="labels.exported").exists()


@pytest.mark.django_db
def test_hard_text_comes_out_with_its_offsets(
    project: Project, ana: User, ben: User, dave: User, client_of: ClientOf, clock: Clock
) -> None:
    item = desk.doubled(project, reasoning=HARD)
    label = desk.label_names(item)[0]
    spans = [desk.marked(item, 1, start, start + 3, label) for start in range(0, len(HARD) - 3, 2)]
    desk.decide(item, ana, "suspicious", spans=spans)
    desk.decide(item, ben, "suspicious")
    clock.advance(seconds=9)
    services.settle_due(actor=desk.WORKER)
    [record] = lines_of(client_of(dave))
    for span in record["verdict"]["spans"]:
        assert record["parts"][1]["text"][span["start"] : span["end"]] == span["quote"]
    answer = client_of(dave).get(reverse("agreement:export"), {"as": "label-studio"})
    [task] = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    marks = [one for one in task["annotations"][0]["result"] if one["type"] == "labels"]
    assert len(marks) == len(spans)
    for mark in marks:
        value = mark["value"]
        assert task["data"]["text"][value["start"] : value["end"]] == value["text"]


@pytest.mark.django_db
def test_a_label_studio_task_names_only_what_its_configuration_has(
    settled: ReviewItem, dave: User, client_of: ClientOf
) -> None:
    client = client_of(dave)
    answer = client.get(reverse("agreement:export"), {"as": "label-studio"})
    [task] = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    view = ET.fromstring(client.get(reverse("agreement:config")).content)  # noqa: S314  # our own file
    controls = {one.attrib["name"]: one for one in view if "toName" in one.attrib}
    assert [one["ground_truth"] for one in task["annotations"]] == [False, False, True]
    for annotation in task["annotations"]:
        for result in annotation["result"]:
            control, kind = controls[result["from_name"]], result["type"]
            assert (control.attrib["toName"], control.tag.lower()) == (result["to_name"], kind)
            known = {child.attrib["value"] for child in control}
            assert kind == "textarea" or set(result["value"][kind]) <= known


@pytest.mark.django_db
def test_the_command_writes_the_same_records(
    settled: ReviewItem, dave: User, client_of: ClientOf, tmp_path: Path
) -> None:
    out = tmp_path / "labels.jsonl"
    call_command("export_labels", "alpha", out=out, stderr=io.StringIO())
    assert [json.loads(line) for line in out.read_text().splitlines()] == lines_of(client_of(dave))
    assert LedgerEvent.objects.filter(action="labels.exported").count() == 2


def _record(texts: list[str], places: list[tuple[int, int, int]]) -> dict[str, Any]:
    spans = [
        {"label": "x", "part": part, "start": start, "end": end, "quote": texts[part][start:end], "note": ""}
        for part, start, end in places
    ]
    verdict = {
        **{"verdict_id": 1, "label": "benign", "severity": None, "category": "", "confidence": "", "note": ""},
        **{"holds": True, "state": "settled", "committed_at": "", "active_ms": 0, "spans": spans},
    }
    parts = [{"part": n, "role": "", "type": "", "channel": "", "text": text} for n, text in enumerate(texts)]
    return {"item_id": 1, "parts": parts, "verdict": verdict, "verdicts": [verdict]}


# What PostgreSQL can hold: anything but NUL and lone surrogates.
TEXT = st.text(st.one_of(st.sampled_from(HARD), st.characters(codec="utf-8", exclude_characters="\0")))


@given(st.data(), st.lists(TEXT, min_size=1, max_size=4))
def test_every_place_of_a_task_quotes_the_joined_text(data: st.DataObject, texts: list[str]) -> None:
    places = []
    for part, text in enumerate(texts):
        if text:
            start = data.draw(st.integers(0, len(text) - 1))
            places.append((part, start, data.draw(st.integers(start + 1, len(text)))))
    made = json.loads(b"".join(label_studio.array([_record(texts, places)])))[0]
    marks = [one["value"] for one in made["annotations"][0]["result"] if one["type"] == "labels"]
    assert len(marks) == len(places)
    for value, (part, start, end) in zip(marks, places, strict=True):
        assert made["data"]["text"][value["start"] : value["end"]] == value["text"] == texts[part][start:end]
    for part in made["data"]["parts"]:
        assert made["data"]["text"][part["start"] : part["end"]] == texts[part["part"]]


def test_no_record_gives_an_empty_array() -> None:
    assert json.loads(b"".join(label_studio.array([]))) == []
