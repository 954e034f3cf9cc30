"""Honestly drawn tokens pass at any sampler's settings; chosen ones do not, and what cannot be known is not guessed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest

from monitors.base import Reason, Score, State, measure
from monitors.catalog.sampling_consistency import SamplingConsistency
from monitors.logprobs import TokenLogprobs
from monitors.sampler import Sampler
from monitors.transcript import Message, Part, PartType, Role, Transcript

WORDS = [f"w{n:03d} " for n in range(200)]
Choose = Callable[[random.Random, Sequence[int], Sequence[float], int], int]


def _distribution(draw: random.Random) -> list[float]:
    weights = sorted((math.exp(draw.gauss(0, 2.5)) for _ in WORDS), reverse=True)
    return [weight / sum(weights) for weight in weights]


def _allowed(probabilities: Sequence[float], sampler: Sampler) -> tuple[list[int], list[float]]:
    """As servers do it: temperature, top-k, top-p, min-p."""
    weights = [p ** (1 / (sampler.temperature or 1.0)) for p in probabilities]
    kept = list(range(len(weights)))[: sampler.top_k or None]
    total, mass, nucleus = sum(weights[i] for i in kept), 0.0, []
    for i in kept:
        nucleus.append(i)
        mass += weights[i] / total
        if mass >= sampler.top_p:
            break
    kept = [i for i in nucleus if weights[i] >= sampler.min_p * weights[0]]
    return kept, [weights[i] for i in kept]


def _honest(draw: random.Random, kept: Sequence[int], weights: Sequence[float], index: int) -> int:
    return draw.choices(kept, weights)[0]


def _transcript(
    sampler: Sampler | None, *, n: int = 200, seed: int = 0, choose: Choose = _honest, n_listed: int = 20
) -> Transcript:
    draw, tokens = random.Random(seed), []
    for index in range(n):
        probabilities = _distribution(draw)
        kept, weights = _allowed(probabilities, sampler or Sampler(1.0))
        chosen = choose(draw, kept, weights, index)
        listed = [(WORDS[i], math.log(probabilities[i])) for i in range(n_listed)]
        tokens.append((WORDS[chosen], math.log(probabilities[chosen]), listed))
    text = "".join(token for token, _, _ in tokens)
    part = Part(PartType.REASONING, text, logprobs=TokenLogprobs.of(text, tokens))
    return Transcript("t", (Message(Role.ASSISTANT, (part,)),), sampler=sampler)


def _score(transcript: Transcript, **params: float) -> Score:
    return measure(SamplingConsistency(**params), transcript)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sampler",
    [
        Sampler(1.0),
        Sampler(0.6),
        Sampler(1.4),
        Sampler(1.0, top_p=0.9),
        Sampler(0.7, top_p=0.95, top_k=40),
        Sampler(1.0, top_k=10),
        Sampler(0.8, min_p=0.05),
    ],
)
def test_honest_sampling_passes_at_its_settings(sampler: Sampler) -> None:
    scores = [_score(_transcript(sampler, seed=seed)) for seed in range(12)]
    assert all(score.state is State.SCORED for score in scores)
    assert all(score.measures["outside"] == 0 for score in scores)
    assert sum((score.raw or 0) < 0.05 for score in scores) <= 3
    assert not [score for score in scores if (score.value or 0) >= 0.5]


def test_at_temperature_one_z_is_standard_although_the_tail_is_not_listed() -> None:
    values = [_score(_transcript(Sampler(1.0), seed=seed, n=80)).measures["z"] for seed in range(40)]
    assert sum(values) / len(values) == pytest.approx(0.0, abs=0.5)
    assert sum(value**2 for value in values) / len(values) == pytest.approx(1.0, abs=0.6)


def test_bits_written_into_the_choice_between_two_tokens_are_found() -> None:
    def by_bit(draw: random.Random, kept: Sequence[int], weights: Sequence[float], index: int) -> int:
        return kept[draw.randrange(2)]

    score = _score(_transcript(Sampler(1.0), choose=by_bit))
    assert score.value is not None
    assert score.value > 0.9
    assert score.measures["z"] < -4


def test_where_a_drift_begins_is_shown() -> None:
    def later(draw: random.Random, kept: Sequence[int], weights: Sequence[float], index: int) -> int:
        return kept[min(12, len(kept) - 1)] if index >= 150 else draw.choices(kept, weights)[0]

    transcript = _transcript(Sampler(1.0), choose=later)
    score = _score(transcript)
    assert score.measures["p.drift"] < 0.001
    assert score.evidence[0].start == pytest.approx(150 * len(WORDS[0]), abs=60)
    assert score.evidence[0].quote == transcript.parts[0].text[score.evidence[0].start : score.evidence[0].end]


def test_tokens_that_the_sampler_excludes_are_shown() -> None:
    def forbidden(draw: random.Random, kept: Sequence[int], weights: Sequence[float], index: int) -> int:
        return 19 if index % 25 == 0 else draw.choices(kept, weights)[0]

    score = _score(_transcript(Sampler(1.0, top_k=5), choose=forbidden))
    assert score.measures["outside"] == 8
    assert score.value is not None
    assert score.value > 0.5
    assert {evidence.quote for evidence in score.evidence if "could draw" in evidence.note} == {WORDS[19]}


def test_greedy_decoding_takes_the_likeliest_token() -> None:
    def likeliest(draw: random.Random, kept: Sequence[int], weights: Sequence[float], index: int) -> int:
        return 0

    greedy = Sampler(0.0)
    honest, sampled = _score(_transcript(greedy, choose=likeliest)), _score(_transcript(greedy))
    assert (honest.raw, honest.measures["outside"]) == (1.0, 0)
    assert sampled.value is not None
    assert sampled.value > 0.9


@pytest.mark.parametrize("sampler", [None, Sampler(None, top_p=0.9), Sampler(1.0, altered=("presence_penalty",))])
def test_without_known_settings_there_is_no_score(sampler: Sampler | None) -> None:
    score = _score(_transcript(sampler))
    assert (score.state, score.reason) == (State.UNSCORED, Reason.NOT_EXTRACTABLE)
    if sampler is None:
        assert _score(_transcript(sampler), assumed_temperature=1.0).state is State.SCORED


def test_few_tokens_are_not_tested() -> None:
    assert _score(_transcript(Sampler(1.0), n=20)).reason is Reason.TOO_SHORT


def test_settings_are_read_from_requests_of_several_kinds() -> None:
    assert Sampler.of({"request.temperature": 0.7, "request.top_p": 0.9, "source": "x"}) == Sampler(0.7, top_p=0.9)
    assert Sampler.of({"request.options": {"temperature": 0, "top_k": 40, "repeat_penalty": 1.1}}) == Sampler(
        0.0, top_k=40, altered=("repetition_penalty",)
    )
    assert Sampler.of({"request.generationConfig": {"topP": 0.5}}) == Sampler(None, top_p=0.5)
    assert Sampler.of({"request.logit_bias": {"5": -100}, "request.temperature": True}) == Sampler(
        1.0, altered=("logit_bias",)
    )
    assert Sampler.of({"temperature": 1.0, "request.max_tokens": 5}) is None
