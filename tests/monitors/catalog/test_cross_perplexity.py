"""Two models of one family: what both expect has a low ratio, noise a high one; without a pair there is no score."""

from __future__ import annotations

import copy
import math

import pytest

from monitors.backends.base import CrossScorer, TokenScorer
from monitors.backends.local_pair import LocalPair
from monitors.backends.scripted import ScriptedBackend
from monitors.backends.transformers_local import LocalModel
from monitors.base import Reason, State, measure
from monitors.catalog.cross_perplexity import CrossPerplexity
from monitors.transcript import Message, Part, PartType, Role, Transcript

STORY = "The quick brown fox jumps over the lazy dog, and then it rests in the shade of an old oak tree by the river. "
NOISE = "Vrq xkz plomb utterance kwa zeppelin hj quorl mab dextro fnn olive tragg perpen wug snick yarrow bblt."


def _transcript(reasoning: str) -> Transcript:
    asked = Message(Role.USER, (Part(PartType.TEXT, "Tell me a story."),))
    return Transcript("t", (asked, Message(Role.ASSISTANT, (Part(PartType.REASONING, reasoning),))))


@pytest.fixture(scope="module")
def pair(local_model: LocalModel) -> LocalPair:
    """The small model, and the same without its last layers: another distribution over the same tokens."""
    second = LocalModel()
    shorter = copy.copy(local_model._lm)
    shorter._modules = dict(shorter._modules)
    shorter.model = copy.copy(shorter.model)
    shorter.model._modules = dict(shorter.model._modules)
    shorter.model.layers = shorter.model.layers[:-2]
    second.__dict__["_lm"] = shorter
    return LocalPair(local_model, second)


@pytest.mark.lm
def test_a_pair_scores_as_its_first_model_and_crosses_both(pair: LocalPair) -> None:
    assert isinstance(pair, TokenScorer)
    assert isinstance(pair, CrossScorer)
    (own,) = pair.logprobs([("Why?", STORY)])
    (crossed,) = pair.cross_logprobs([("Why?", STORY)])
    (itself,) = LocalPair(pair.first, pair.first).cross_logprobs([("Why?", STORY)])
    assert crossed.offsets == own.offsets
    assert crossed.logprobs == pytest.approx([value or 0.0 for value in own.logprobs], abs=0.05)
    # Gibbs: no other model is a better guess at the first one's distribution than the first itself.
    assert all(a > b - 0.05 for a, b in zip(crossed.cross_entropies, itself.cross_entropies, strict=True))
    assert sum(crossed.cross_entropies) > 1.02 * sum(itself.cross_entropies)


@pytest.mark.lm
def test_noise_has_a_higher_ratio_than_prose(pair: LocalPair) -> None:
    monitor = CrossPerplexity(pair, location=0.9, spread=0.1)
    prose, noise = measure(monitor, _transcript(STORY * 2)), measure(monitor, _transcript(NOISE))
    assert prose.state is noise.state is State.SCORED
    assert prose.raw is not None
    assert noise.raw is not None
    assert math.isfinite(prose.raw)
    assert noise.raw > prose.raw + 0.05
    unset = measure(CrossPerplexity(pair), _transcript(STORY * 2))
    assert (unset.state, unset.reason) == (State.UNSCORED, Reason.NOT_EXTRACTABLE)


def test_one_model_is_no_pair() -> None:
    score = measure(CrossPerplexity(ScriptedBackend()), _transcript(STORY))
    assert (score.state, score.reason) == (State.UNSCORED, Reason.NO_BACKEND)
