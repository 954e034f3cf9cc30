"""Ingestion: committed, exact, idempotent, also when many send the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.formats.parsed import Parsed
from monitors.formats.slicing import Slice
from monitors.transcript import Message, Part, PartType, Role, Transcript, Usage, Visibility
from oversight.accounts.models import Project
from oversight.audit.models import LedgerEvent
from oversight.transcripts import models, selectors, services
from oversight.transcripts.intake import take_in
from oversight.transcripts.services import Incoming, Status
from tests import factories
from tests.oversight.transcripts.records import ACTOR, ingest, ingested_ids

pytestmark = pytest.mark.django_db


def test_a_batch_is_stored_with_one_event_that_names_what_was_created(project: Project) -> None:
    results = ingest(project, factories.native(), factories.native())
    assert [r.status for r in results] == [Status.CREATED, Status.CREATED]
    event = LedgerEvent.objects.get(action="transcripts.ingested")
    assert event.project_id == project.pk
    assert sorted(ingested_ids(event)) == sorted(str(r.transcript_id) for r in results)


def test_the_same_record_again_gives_the_same_id_and_no_event(project: Project) -> None:
    record = factories.native()
    [first], [second] = ingest(project, record), ingest(project, record)
    assert (second.status, second.transcript_id) == (Status.EXISTING, first.transcript_id)
    assert LedgerEvent.objects.filter(action="transcripts.ingested").count() == 1


def test_other_content_under_the_same_external_id_is_a_conflict_and_changes_nothing(project: Project) -> None:
    record = factories.native()
    [first] = ingest(project, record)
    [second] = ingest(project, {**record, "model": "other"})
    assert (second.status, second.transcript_id) == (Status.CONFLICT, first.transcript_id)
    assert selectors.load([models.Transcript.objects.get().pk]).popitem()[1].model == record["model"]


def test_the_same_record_twice_in_one_batch_is_stored_once(project: Project) -> None:
    record = factories.native()
    results = ingest(project, record, record, {**record, "model": "other"})
    assert [r.status for r in results] == [Status.CREATED, Status.EXISTING, Status.CONFLICT]
    assert len({r.transcript_id for r in results}) == 1


def test_the_same_external_id_in_two_projects_is_two_transcripts(project: Project, other_project: Project) -> None:
    record = factories.native()
    [first], [second] = ingest(project, record), ingest(other_project, record)
    assert (first.status, second.status) == (Status.CREATED, Status.CREATED)
    assert first.transcript_id != second.transcript_id


def test_without_an_external_id_the_bytes_are_the_identity(project: Project) -> None:
    record = factories.native()
    del record["id"]
    [first], [same] = ingest(project, record), ingest(project, record)
    [other] = ingest(project, {**record, "model": "other"})
    assert first.external_id.startswith("sha256:")
    assert [same.status, other.status] == [Status.EXISTING, Status.CREATED]


@pytest.mark.parametrize("pair", [("é", "e\u0301"), ("id", "ID"), ("id", "id\u200b"), ("ﬁ", "fi")])
def test_external_ids_that_look_alike_are_different(project: Project, pair: tuple[str, str]) -> None:
    results = ingest(project, *(factories.native(id=name) for name in pair))
    assert [r.status for r in results] == [Status.CREATED, Status.CREATED]
    assert {t.external_id for t in models.Transcript.objects.all()} == set(pair)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "x" * 513),
        ("id", "a\x00"),
        ("model", "\ud800"),
        ("checkpoint", "c" * 201),
        ("finish_reason", "f" * 41),
        ("labels", {"l" * 81: 1}),
        ("labels", {"a\x00": 1}),
        ("usage", {"input_tokens": 2**31}),
    ],
)
def test_what_has_no_column_is_invalid_with_its_place_and_spoils_nothing(
    project: Project, field: str, value: Any
) -> None:
    bad, good = ingest(project, factories.native(**{field: value}), factories.native())
    assert (bad.status, bad.transcript_id, good.status) == (Status.INVALID, None, Status.CREATED)
    assert bad.place


def test_a_transcript_of_more_than_8_mib_of_text_is_refused_alone(project: Project) -> None:
    long = factories.native(messages=[{"role": "user", "content": "a b " * (2 * 1024 * 1024 + 1)}])
    bad, good = ingest(project, long, factories.native())
    assert (bad.status, bad.place, good.status) == (Status.INVALID, "messages", Status.CREATED)


def test_a_transcript_of_too_much_text_is_answered_as_a_limit(project: Project) -> None:
    raw = json.dumps({"messages": [{"role": "user", "content": "a b " * (2 * 1024 * 1024 + 1)}]}).encode()
    [[outcome]] = take_in([Slice(1, raw)], project=project, door="tests", actor=ACTOR)
    assert outcome.error is not None
    assert (outcome.error.status, outcome.result.status) == (413, Status.INVALID)


def test_the_raw_bytes_are_kept_exactly_and_once(project: Project) -> None:
    raw = b'{ "model":"m",\n "prompt": "\xe2\x80\x8bq\\u0000", "reasoning":"r \\ud800", "answer": null }'
    ingest(project, raw)
    ingest(project, raw)
    stored = models.Transcript.objects.get()
    assert selectors.raw_bytes(stored) == raw
    assert models.RawPayload.objects.count() == 1


TEXT = st.text(st.characters(codec=None) | st.sampled_from("\x00\ud800\udfff\ufffd\ufdd0\u200b\U000e0041"), max_size=40)
COUNT = st.none() | st.integers(0, 2**31 - 1)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**31), 10**31)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
PARTS = st.builds(
    Part,
    st.sampled_from(PartType),
    TEXT,
    visibility=st.none(),
    source=TEXT,
    name=TEXT,
    call_id=TEXT,
    signature=TEXT,
    opaque_sha256=TEXT,
    provider_item_id=TEXT,
    tokens_reported=st.none() | st.integers(0, 10**31),
    tokens_counted=st.none() | st.integers(0, 10**31),
    extra=st.dictionaries(TEXT, JSON, max_size=3),
) | st.builds(Part, st.just(PartType.REASONING), TEXT, st.sampled_from(Visibility))
NAME = st.text(max_size=20).filter(lambda name: "\x00" not in name)
TRANSCRIPTS = st.builds(
    Transcript,
    st.just(""),
    st.lists(st.builds(Message, st.sampled_from(Role), st.lists(PARTS, max_size=3).map(tuple), NAME), max_size=3).map(
        tuple
    ),
    model=NAME,
    checkpoint=NAME,
    usage=st.builds(Usage, COUNT, COUNT, COUNT),
    finish_reason=NAME,
    format=st.just("native"),
    notes=st.lists(TEXT, max_size=3).map(tuple),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transcript=TRANSCRIPTS, labels=st.dictionaries(NAME, JSON, max_size=3), meta=st.dictionaries(TEXT, JSON))
def test_any_transcript_of_any_characters_comes_back_without_a_difference(
    project: Project, transcript: Transcript, labels: dict[str, object], meta: dict[str, object]
) -> None:
    raw = repr((transcript, labels, meta)).encode("utf-8", "surrogatepass")
    parsed = Parsed(transcript, None, labels, meta)
    [result] = services.ingest(project=project, payloads=[Incoming(raw, parsed)], door="tests", actor=ACTOR)
    assert result.transcript_id is not None
    loaded = selectors.load([result.transcript_id])[result.transcript_id]
    assert replace(loaded, id="") == transcript
    stored = models.Transcript.objects.get(pk=result.transcript_id)
    assert {label.name: label.value for label in stored.labels.all()} == labels
    assert (stored.metadata.meta if meta else {}) == meta


def test_no_monitor_sees_labels_meta_external_id_or_recorded_verdicts(project: Project) -> None:
    record = {
        "id": "canary-id",
        "source": "canary-source",
        "licence": "canary-licence",
        "model": "test-model",
        "prompt": "q",
        "reasoning": "r",
        "answer": "a",
        "gold_answer": "canary-gold",
        "labels": {"stego": "canary-label", "monitor_haiku_suspicious": True},
        "meta": {"monitor_confidence": 0.9, "monitor_reason": "canary-verdict", "group": "canary-meta"},
    }
    [result] = ingest(project, record)
    assert result.transcript_id
    assert "canary" not in repr(selectors.load([result.transcript_id]))
    stored = models.Transcript.objects.get()
    assert {label.name for label in stored.labels.all()} == {"stego", "gold_answer"}
    assert stored.metadata.meta["group"] == "canary-meta"
    [verdict] = selectors.recorded([result.transcript_id])[str(result.transcript_id)]
    assert (verdict.judge, verdict.p_positive, verdict.rationale) == ("claude-haiku", 0.9, "canary-verdict")


def test_labels_of_public_data_say_who_made_them(project: Project) -> None:
    source = "agatha-duzan/cot-monitor-stress-test results.json"
    labels = {"switched": True, "unfaithful": False, "mine": 1}
    ingest(project, {"id": "1", "source": source, "prompt": "q", "reasoning": "r", "labels": labels})
    found = models.Label.objects.values_list("name", "provenance", "judge")
    assert set(found) == {("switched", "program", ""), ("unfaithful", "judge", "gpt-5"), ("mine", "unknown", "")}


def test_a_record_may_say_who_made_its_own_labels_but_not_those_of_public_data(project: Project) -> None:
    prompt = "ab" * 32
    stated = {
        "a": "human",
        "b": f"judge:some judge@v2@{prompt}",
        "c": "judge:other",
        "d": "me",
        "e": 7,
        "correct": "human",
    }
    meta = {"label_provenance": stated, "source": "openai/grade-school-math x"}
    labels = dict.fromkeys([*"abcde", "correct"], True)
    ingest(
        project, {"id": "1", "prompt": "q", "reasoning": "r", "labels": labels, "meta": meta, "source": meta["source"]}
    )
    found = models.Label.objects.order_by("name").values_list("name", "provenance", "judge", "prompt_sha256")
    assert list(found) == [
        ("a", "human", "", ""),
        ("b", "judge", "some judge@v2", prompt),
        ("c", "judge", "other", ""),
        ("correct", "program", "", ""),
        ("d", "unknown", "", ""),
        ("e", "unknown", "", ""),
    ]


def test_two_verdicts_of_one_judge_on_one_rubric_keep_the_finer(project: Project) -> None:
    labels = {"hint_present": True, "monitor_gpt5_attributes": True, "monitor_gpt5_influenced": False}
    record = {"id": "1", "prompt": "q", "reasoning": "r", "labels": labels, "meta": {"monitor_probability": 70}}
    [result] = ingest(project, record)
    assert result.transcript_id
    [verdict] = selectors.recorded([result.transcript_id])[str(result.transcript_id)]
    assert verdict.p_positive == pytest.approx(0.3)


def test_a_batch_of_a_hundred_takes_as_many_queries_as_a_batch_of_two(project: Project) -> None:
    def n_queries(size: int) -> int:
        batch = [factories.native(labels={"a": 1}, meta={"b": 2}) for _ in range(size)]
        with CaptureQueriesContext(connection) as captured:
            ingest(project, *batch)
        return len(captured)

    ingest(project, factories.native())
    assert n_queries(2) == n_queries(100) <= 16


def test_opening_is_an_event_before_any_text_is_read(project: Project) -> None:
    transcript = factories.make_transcript(project)
    services.open_transcript(transcript=transcript, surface="tests", actor=ACTOR)
    event = LedgerEvent.objects.get(action="transcript.viewed")
    assert (event.object_id, event.project_id) == (str(transcript.pk), project.pk)
