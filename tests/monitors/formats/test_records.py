from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.formats.detect import Parsed, parse
from monitors.formats.errors import FormatError
from monitors.formats.label_provenance import LABEL_PROVENANCE, label_provenance
from monitors.formats.native import to_json
from monitors.formats.records import model_name
from monitors.transcript import Channel, Role

RECORDS = Path(__file__).parent.parent / "fixtures" / "records.jsonl"
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)


def fixtures() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDS.read_text().splitlines()]


def one(**wanted: object) -> tuple[dict[str, Any], Parsed]:
    for record in fixtures():
        if all(record["labels"].get(key) == value for key, value in wanted.items()):
            return record, parse(record)
    raise LookupError(str(wanted))


def test_prompt_reasoning_and_answer_become_their_channels() -> None:
    record, parsed = one(hint_attributed=True, kind="irrelevant_nudge")
    transcript = parsed.transcript
    assert transcript.text(Channel.PROMPT) == record["prompt"]
    assert transcript.text(Channel.REASONING) == record["reasoning"]
    assert transcript.text(Channel.OUTPUT) == record["answer"]
    assert (parsed.external_id, transcript.id) == (record["id"], record["id"])


def test_a_system_prompt_in_meta_becomes_the_first_message() -> None:
    record, parsed = one(kind="natural_probe")
    assert parsed.transcript.messages[0].role is Role.SYSTEM
    assert parsed.transcript.messages[0].parts[0].text == record["meta"]["system_prompt"]


def test_labels_and_meta_never_reach_the_transcript() -> None:
    for record in fixtures():
        marked = {
            **record,
            "gold_answer": "sentinel-gold",
            "source": "sentinel-source",
            "labels": {**record["labels"], "sentinel-key": "sentinel-label"},
            "meta": {**record["meta"], "sentinel-key": {"deep": "sentinel-meta"}, "monitor_reason": "sentinel-reason"},
        }
        parsed = parse(marked)
        assert "sentinel" not in json.dumps(to_json(parsed.transcript))
        assert "sentinel" not in repr(parsed.transcript)
        assert parsed.labels["gold_answer"] == "sentinel-gold"


def test_the_haiku_verdict_moves_to_recorded_with_its_own_confidence() -> None:
    record, parsed = one(monitor_haiku_suspicious=True)
    (verdict,) = parsed.recorded
    assert (verdict.rubric, verdict.judge) == ("judge_encoded_reasoning", "claude-haiku")
    assert verdict.p_positive == record["meta"]["monitor_confidence"]
    assert verdict.provenance == f"{record['source']}@{record['meta']['commit']}"
    assert "monitor_haiku_suspicious" not in parsed.labels
    assert {"monitor_confidence", "monitor_reason"}.isdisjoint(parsed.meta)


@pytest.mark.parametrize(
    ("labels", "meta", "p_positive"),
    [
        ({"monitor_haiku_suspicious": False}, {"monitor_confidence": 0.95}, 0.05),
        ({"monitor_gpt5_attributes": True, "hint_present": True}, {"monitor_probability": 88}, 0.12),
        ({"monitor_gpt5_attributes": False, "hint_present": True}, {}, 1.0),
        ({"monitor_gpt5_influenced": True, "hint_present": True}, {}, 0.0),
        ({"monitor_gpt5_influenced": False, "hint_present": True}, {}, 1.0),
    ],
)
def test_each_verdict_becomes_the_probability_of_its_property(
    labels: dict[str, object], meta: dict[str, object], p_positive: float
) -> None:
    (verdict,) = parse({"prompt": "x", "labels": labels, "meta": meta}).recorded
    assert verdict.p_positive == pytest.approx(p_positive)


@pytest.mark.parametrize(
    "labels",
    [
        {"monitor_gpt5_influenced": True, "hint_present": False},
        {"monitor_gpt5_influenced": None, "hint_present": True},
        {"monitor_haiku_suspicious": True},
    ],
)
def test_without_hint_verdict_or_confidence_there_is_no_recorded_verdict(labels: dict[str, object]) -> None:
    assert parse({"prompt": "x", "labels": labels}).recorded == ()


@pytest.mark.parametrize(
    ("recorded", "model", "checkpoint"),
    [
        ("claude-haiku (paraphrase of qwen2.5-7b)", "claude-haiku", ""),
        ("gpt-oss-120b RL checkpoint s350_sutl", "gpt-oss-120b", "s350_sutl"),
        ("Qwen/Qwen3-4B + LoRA on synthetic 'x' documents (Qwen3-4B_1epoch)", "Qwen/Qwen3-4B", "Qwen3-4B_1epoch"),
        ("not stated (MR-GSM8K candidate solution)", "", ""),
        ("PaLM 2-L (Unicorn)", "PaLM 2-L (Unicorn)", ""),
    ],
)
def test_model_names_lose_what_gives_a_label_away(recorded: str, model: str, checkpoint: str) -> None:
    assert model_name(recorded) == (model, checkpoint)


@pytest.mark.parametrize("answer", [18, 2.5, True, ["a"], {"a": 1}])
def test_an_answer_that_is_no_text_is_read_as_its_json(answer: object) -> None:
    parsed = parse({"prompt": "x", "reasoning": "y", "answer": answer})
    assert parsed.transcript.text(Channel.OUTPUT) == json.dumps(answer, separators=(",", ":"))
    assert parsed.notes == ("answer_is_not_text",)


def test_think_tags_in_an_answer_are_read_when_there_is_no_reasoning() -> None:
    transcript = parse({"prompt": "x", "reasoning": "", "answer": "<think>a</think>b"}).transcript
    assert (transcript.text(Channel.REASONING), transcript.text(Channel.OUTPUT)) == ("a", "b")


def test_a_record_without_any_text_is_refused() -> None:
    with pytest.raises(FormatError, match="all empty"):
        parse({"id": "1", "prompt": None, "reasoning": "", "answer": None})


@given(
    st.fixed_dictionaries(
        {
            "prompt": st.none() | ANY_TEXT,
            "reasoning": st.none() | ANY_TEXT,
            "answer": st.none() | ANY_TEXT | st.integers(),
        }
    )
)
def test_any_code_points_are_read_and_steps_are_exact(record: dict[str, object]) -> None:
    try:
        transcript = parse(record).transcript
    except FormatError:
        assert not any(record.values()) or record["answer"] == 0
        return
    for channel in Channel:
        for step in transcript.steps(channel):
            assert transcript.parts[step.part].text[step.start : step.end] == step.text


def test_every_label_of_the_fixtures_has_a_known_maker() -> None:
    for record in fixtures():
        unknown = [label for label in record["labels"] if label_provenance(label, record["source"]) == "unknown"]
        assert unknown == []


def test_makers_are_human_program_or_a_named_judge() -> None:
    makers = {maker for labels in LABEL_PROVENANCE.values() for maker in labels.values()}
    assert all(maker in ("human", "program") or maker.startswith("judge:") for maker in makers)
    assert label_provenance("unfaithful", "agatha-duzan/cot-monitor-stress-test x.json") == "judge:gpt-5"
    assert label_provenance("stego", "somebody/else") == "unknown"
