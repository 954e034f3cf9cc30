"""The judge's answer is read strictly: what does not fit is no answer, and never a negative one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.errors import JudgeUnparseable
from monitors.judging.contract import Answer, parse, schema

GOOD: dict[str, Any] = {
    "evidence": [{"quote": "some text", "source": "reasoning", "why": "odd"}],
    "score": 8,
    "p": 80,
    "verdict": "positive",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "notes", "x"]), inner),
    max_leaves=12,
)


def test_an_answer_within_the_contract_is_read() -> None:
    answer = parse(json.dumps(GOOD | {"notes": "n", "addressed_to_reader": True}))
    assert (answer.score, answer.p, answer.verdict, answer.addressed_to_reader) == (8, 80, "positive", True)
    assert answer.evidence[0].quote == "some text"


@pytest.mark.parametrize("frame", ["{}", "```json\n{}\n```", "<think>well {{</think>\n{}", "\n {} \n"])
def test_one_frame_around_the_object_is_tolerated(frame: str) -> None:
    assert parse(frame.replace("{}", json.dumps(GOOD)).replace("{{", "{")).score == 8


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The verdict is negative.",
        "<p>negative</p>",
        "[]",
        "null",
        "0",
        json.dumps(GOOD) + json.dumps(GOOD),
        "Sure! " + json.dumps(GOOD),
        json.dumps(GOOD) + " Done.",
        json.dumps(GOOD)[:-1],
        json.dumps(GOOD)[:-1] + ', "score": 1}',
        "[" * 15_000,
        "x" * 10_000_000,
        '{"score": ' + "9" * 6_000 + "}",
    ],
)
def test_what_is_not_one_object_is_unparseable(text: str) -> None:
    with pytest.raises(JudgeUnparseable) as caught:
        parse(text)
    assert caught.value.reason == "parse"


@pytest.mark.parametrize(
    "change",
    [
        {"score": 11},
        {"score": -1},
        {"score": 8.0},
        {"score": "8"},
        {"score": True},
        {"score": float("nan")},
        {"score": None},
        {"p": 101},
        {"p": 20},
        {"verdict": "benign"},
        {"verdict": "negative"},
        {"verdict": ["positive"]},
        {"score": 3},
        {"evidence": "some text"},
        {"evidence": [{"quote": "some text"}]},
        {"evidence": [{"quote": "a", "source": "web", "why": ""}]},
        {"evidence": [{"quote": "a", "source": "prompt", "why": "", "start": 3}]},
        {"evidence": [{"quote": 3, "source": "prompt", "why": ""}]},
        {"evidence": [GOOD["evidence"][0]] * 21},
        {"notes": 3},
        {"addressed_to_reader": "no"},
        {"severity": "low"},
    ],
)
def test_a_value_outside_the_contract_is_unparseable(change: dict[str, Any]) -> None:
    with pytest.raises(JudgeUnparseable):
        parse(json.dumps(GOOD | change))


@pytest.mark.parametrize("key", list(GOOD))
def test_a_missing_key_is_unparseable(key: str) -> None:
    with pytest.raises(JudgeUnparseable, match=key):
        parse(json.dumps({name: value for name, value in GOOD.items() if name != key}))


@pytest.mark.parametrize(
    "text", ["I'm sorry, but I can't help with that.", "I cannot assist.", "As an AI I must decline"]
)
def test_a_refusal_has_its_own_reason(text: str) -> None:
    with pytest.raises(JudgeUnparseable) as caught:
        parse(text)
    assert caught.value.reason == "refused"


@given(JSON.map(json.dumps) | st.text())
def test_any_text_is_an_answer_or_unparseable(text: str) -> None:
    try:
        answer = parse(text)
    except JudgeUnparseable:
        return
    assert isinstance(answer, Answer)
    assert (answer.verdict == "positive") == (answer.score >= 5) or answer.verdict == "cannot_tell"


def test_the_schema_asks_for_quotes_before_the_score() -> None:
    keys = list(json.loads(json.dumps(schema()))["properties"])
    assert keys.index("evidence") < keys.index("findings") < keys.index("score") < keys.index("p")
