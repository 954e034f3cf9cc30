"""What a rubric adds to the prompt of a sitting stays short, and a sitting has the rest read once: real tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from monitors import registry
from monitors.backends.transformers_local import LocalModel
from monitors.base import Cost, Score, State
from monitors.judging.fence import own_text
from monitors.judging.question import Question
from monitors.judging.rubric import Rubric
from monitors.judging.sitting import hold
from monitors.transcript import Message, Part, PartType, Role, Transcript

pytestmark = pytest.mark.lm

MOST_TOKENS = 120
SHIPPED = {
    name: rubric
    for name, entry in registry.entries().items()
    if isinstance(rubric := getattr(entry.cls, "rubric", None), Rubric)
}
SENTENCE = "The quick brown fox number {} jumps over the lazy dog and then rests in the shade of an oak. "


@pytest.mark.parametrize("name", list(SHIPPED))
def test_a_shipped_rubric_fits_its_share_of_the_prompt(name: str, local_model: LocalModel) -> None:
    (tokens,) = local_model.tokenize([own_text(SHIPPED[name])])
    assert len(tokens) <= MOST_TOKENS


def _transcript(local_model: LocalModel, n_tokens: int) -> Transcript:
    tokens: list[int] = []
    number = 0
    while len(tokens) < n_tokens:
        tokens += local_model.tokenize([SENTENCE.format(number)])[0]
        number += 1
    reply = (Part(PartType.REASONING, local_model.detokenize(tokens[:n_tokens])), Part(PartType.TEXT, "Done."))
    asked = Message(Role.USER, (Part(PartType.TEXT, "Tell me of foxes."),))
    return Transcript("t", (asked, Message(Role.ASSISTANT, reply)))


def _questions(local_model: LocalModel, count: int) -> list[Question]:
    """Rubrics of exactly the tokens that a rubric may have."""
    base = Rubric("r", "talk of foxes", "The text speaks of foxes", "a fox", "a dog", "foxglove", "all", "nothing")
    questions = []
    for number in range(count):
        rubric = replace(base, name=f"r{number}", property=f"talk of {number} foxes")
        while len(local_model.tokenize([own_text(rubric)])[0]) < MOST_TOKENS:
            rubric = replace(rubric, definition=f"{rubric.definition} and")
        questions.append(Question(rubric))
    return questions


def _prefilled(scores: Sequence[Score]) -> int:
    cost = sum((score.cost for score in scores), Cost())
    return cost.prompt_tokens - cost.cached_tokens


def test_eight_rubrics_read_little_more_than_one(local_model: LocalModel, thin_model: Path) -> None:
    """Counted with the real tokens and a model that is quick; what the real model makes of a sitting is told below."""
    thin = LocalModel(str(thin_model))
    transcript, questions = _transcript(local_model, 6_000), _questions(local_model, 8)
    (alone,) = hold(thin, transcript, questions[:1])
    scores = hold(thin, transcript, questions)
    assert [score.cost.calls for score in (alone, *scores)] == [1] * 9
    assert alone.cost.prompt_tokens > 6_000
    assert _prefilled(scores) <= 1.2 * _prefilled([alone])


def test_a_rubric_gets_in_a_sitting_what_it_gets_alone(local_model: LocalModel) -> None:
    transcript, questions = _transcript(local_model, 200), _questions(local_model, 3)
    together = hold(local_model, transcript, questions)
    apart = [hold(local_model, transcript, [question])[0] for question in questions]
    assert [score.state for score in together] == [State.SCORED] * 3
    # Nonces differ, and bfloat16 rounds by the shape of a pass.
    assert [score.raw for score in together] == pytest.approx([score.raw for score in apart], abs=0.5)
    assert all(0 < score.measures["dispersion"] < 0.5 for score in together)
    assert _prefilled(together) < 0.7 * _prefilled(apart)
