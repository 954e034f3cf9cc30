"""Every event that is declared can be recorded, read back, and said in words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from oversight.accounts.models import Project
from oversight.audit import services as audit
from oversight.audit.canonical import commitment
from oversight.audit.events import REGISTRY, Event
from oversight.audit.models import LedgerDetail, LedgerEvent
from oversight.dashboard import ledger
from tests.factories import SYSTEM

ACTIONS = sorted(REGISTRY)
# One value for each type that a field of an event may have: JSON that holds ids, numbers and settings.
SAMPLES: dict[Any, Any] = {
    str: "7",
    int: 7,
    bool: True,
    str | None: "7",
    int | None: 7,
    list[str]: ["7", "8"],
    list[int]: [7, 8],
    dict[str, Any]: {"state": "paused"},
    dict[str, str]: {"action": "x"},
}


def sample(action: str, **change: Any) -> Event:
    kind = REGISTRY[action]
    types = get_type_hints(kind)
    header: dict[str, Any] = {"object_id": "7", "project_id": None, "outcome": "ok"}
    own = {field.name: SAMPLES[types[field.name]] for field in fields(kind) if field.name not in header}
    return kind(**header, **own, **change)


@pytest.mark.parametrize("action", ACTIONS)
def test_an_event_is_recorded_and_reads_back_as_it_was(action: str, db: None, project: Project) -> None:
    event = sample(action)
    pk = audit.record(event, SYSTEM).pk
    row = LedgerEvent.objects.select_related("detail_row").get(pk=pk)
    assert (row.action, row.object_type, row.object_id) == (action, event.object_type, event.object_id)
    assert row.subjects == list(event.subjects())
    assert row.detail_row.detail == event.detail()
    assert commitment(bytes(row.detail_row.salt or b""), event.detail()) == bytes(row.detail_commit)
    said = json.loads(bytes(row.canon))
    assert (said["action"], said["uuid"], said["object_id"]) == (action, str(row.uuid), "7")
    assert "detail" not in said


@pytest.mark.parametrize("action", ACTIONS)
def test_an_event_has_a_sentence_also_when_its_detail_is_poor(action: str, db: None) -> None:
    row = audit.record(sample(action), SYSTEM)
    poor = LedgerEvent(action=action, object_id="7", actor_kind="system", actor_id="", subjects=[])
    poor.detail_row = LedgerDetail(detail={})
    for event in (row, poor):
        said = ledger.sentence(event, ledger.names_of([event]))
        assert said != action
        assert "{" not in said


@pytest.mark.parametrize("action", ACTIONS)
def test_an_event_names_its_object_and_its_subjects_by_type_and_id(action: str) -> None:
    event = sample(action)
    noun, _, verb = action.partition(".")
    assert noun.isidentifier()
    assert verb.isidentifier()
    assert event.object_type.isidentifier()
    for subject in event.subjects():
        type_, _, id_ = subject.partition(":")
        assert type_.isidentifier()
        assert id_


@pytest.mark.parametrize("action", ACTIONS)
def test_an_event_is_small(action: str) -> None:
    assert len(json.dumps(sample(action).detail())) < 4096
    assert len(action) <= 64


def test_no_sentence_is_left_of_an_event_that_is_gone() -> None:
    assert set(ledger.SENTENCES) <= set(REGISTRY)


def test_an_erased_detail_is_said_to_be_erased(db: None) -> None:
    row = audit.record(sample("transcript.viewed"), SYSTEM)
    row.detail_row.detail, row.detail_row.erased_at = None, row.at
    assert ledger.sentence(row, ledger.names_of([row])) == "transcript.viewed (its detail was erased)"


def test_the_same_detail_commits_to_different_bytes_each_time(db: None) -> None:
    first, second = (audit.record(sample("transcript.viewed"), SYSTEM) for _ in range(2))
    assert hashlib.sha256(bytes(first.canon)).digest() != hashlib.sha256(bytes(second.canon)).digest()
    assert bytes(first.detail_commit) != bytes(second.detail_commit)
