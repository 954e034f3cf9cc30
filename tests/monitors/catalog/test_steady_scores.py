"""Work on speed changes no score of a version: what monitors say of real transcripts is known by its digest."""

from __future__ import annotations

import gzip
import json
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from monitors import registry
from monitors.base import Score, measure, measure_all
from monitors.transcript import Message, Part, PartType, Role, Transcript

REAL = Path(__file__).parents[3] / "oversight" / "demo" / "data" / "transcripts.jsonl.gz"
# Of value, state and spans, by name and version of the monitor: a new version has new ones.
DIGESTS = {
    ("known_codes", 1): "15fd7b0b0c74096c",
    ("language_switching", 1): "cfb528bb41326b3b",
    ("step_verification", 1): "85b7338613394cda",
}


@cache
def transcripts() -> tuple[Transcript, ...]:
    with gzip.open(REAL, "rt") as lines:
        records = [json.loads(one) for one in lines]
    return tuple(_transcript(record["prompt"], record["reasoning"], record["answer"]) for record in records)


def _transcript(prompt: str | None, reasoning: str | None, answer: str | None) -> Transcript:
    parts = (Part(PartType.REASONING, reasoning or ""), Part(PartType.TEXT, answer or ""))
    asked = Message(Role.USER, (Part(PartType.TEXT, prompt or ""),))
    return Transcript("t", (asked, Message(Role.ASSISTANT, parts)))


def _said(score: Score) -> tuple[object, ...]:
    """Rounded to what no order of sums changes."""
    value = None if score.value is None else round(score.value, 5)
    return value, str(score.state), [(one.part, one.start, one.end, one.note) for one in score.evidence]


@pytest.mark.parametrize(("name", "version"), DIGESTS)
def test_scores_and_spans_are_those_of_the_version(name: str, version: int) -> None:
    assert registry.entry(name).version == version
    monitor = registry.build(name)
    said = [_said(measure(monitor, one)) for one in transcripts()]
    assert len({value for value, *_ in said}) > 1
    assert sha256(repr(said).encode()).hexdigest()[:16] == DIGESTS[name, version]


@pytest.mark.parametrize("name", ["known_codes", "language_switching"])
def test_several_transcripts_at_once_are_scored_as_one_by_one(name: str) -> None:
    some = [*transcripts()[:20], _transcript("", "x", "")]
    monitor = registry.build(name)
    one_by_one = [measure(monitor, one) for one in some]
    at_once = measure_all(monitor, some)
    assert [_said(score) for score in at_once] == [_said(score) for score in one_by_one]
    for one, other in zip(one_by_one, at_once, strict=True):
        assert (one.raw, one.rationale, one.channels, one.reason) == (
            other.raw,
            other.rationale,
            other.channels,
            other.reason,
        )
        # Sums of several rows differ in their last digits.
        assert other.measures == pytest.approx(one.measures, rel=1e-9)
