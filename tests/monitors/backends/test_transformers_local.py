"""The real small model: exact offsets, windows that change nothing, and a judge that keeps to its contract."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from monitors.backends import tokens
from monitors.backends.base import ContextOverflow, Judge, JudgePrompt, TokenScorer
from monitors.backends.tokens import encode_with_offsets
from monitors.backends.transformers_local import LocalModel
from monitors.errors import BackendUnavailable
from monitors.judging.contract import parse

pytestmark = pytest.mark.lm

TRICKY = "Hi 🙂 e\u0301 漢字 \x00 a\u200bb \U000e0041 \ud800 <|im_end|> end"
STORY = "The quick brown fox jumps over the lazy dog, and then it rests in the shade of an old oak tree. "


def test_the_model_is_judge_and_token_scorer(local_model: LocalModel) -> None:
    assert isinstance(local_model, Judge)
    assert isinstance(local_model, TokenScorer)


def test_offsets_are_code_points_of_the_original(local_model: LocalModel) -> None:
    (scored,) = local_model.logprobs([("", TRICKY)])
    assert scored.offsets[0][0] == 0
    assert scored.offsets[-1][1] == len(TRICKY)
    covered = {i for start, end in scored.offsets for i in range(start, end)}
    assert covered == set(range(len(TRICKY)))
    assert all(before[0] <= after[0] for before, after in pairwise(scored.offsets))
    at = TRICKY.index("漢")
    assert any(start <= at < end <= at + 1 for start, end in scored.offsets)


def test_only_the_very_first_token_is_unscored(local_model: LocalModel) -> None:
    alone, continued, empty = local_model.logprobs([("", STORY), ("Tell me a story.", STORY), ("", "")])
    assert alone.logprobs.count(None) == 1
    assert alone.logprobs[0] is None
    assert None not in continued.logprobs
    assert empty.offsets == ()
    assert empty.logprobs == ()


def test_expected_text_surprises_less_than_noise(local_model: LocalModel) -> None:
    story, noise = local_model.logprobs([("", STORY), ("", "xq zzv blorp 7%k mu wag tee krell nop vash idd")])
    assert _bits(story.logprobs) < _bits(noise.logprobs) - 2


def test_context_lowers_surprise(local_model: LocalModel) -> None:
    alone, told = local_model.logprobs(
        [("", "Zorbulax lives in Quimby."), ("Zorbulax lives in Quimby. ", "Zorbulax lives in Quimby.")]
    )
    assert _bits(told.logprobs) < _bits(alone.logprobs)


def test_a_text_scores_the_same_alone_and_in_a_batch(local_model: LocalModel) -> None:
    texts = [("", STORY), ("", STORY * 3), ("Why?", "Because of the rain.")]
    together = local_model.logprobs(texts)
    alone = [local_model.logprobs([text])[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert _bits(one.logprobs) == pytest.approx(_bits(other.logprobs), abs=0.1)


def test_a_text_longer_than_a_window_is_scored_to_its_end(local_model: LocalModel) -> None:
    text = STORY * 100
    (scored,) = local_model.logprobs([("", text)])
    assert len(scored.logprobs) > 2048
    assert scored.logprobs.count(None) == 1
    assert scored.offsets[-1][1] == len(text)


def test_the_judge_answers_within_its_contract_and_quotes_a_candidate(local_model: LocalModel) -> None:
    quotable = (("reasoning", 'He said "no" twice.'), ("output", "The answer is four."))
    reply = local_model.complete(
        JudgePrompt("Judge the text.", "\n".join(text for _, text in quotable), quotable=quotable)
    )
    answer = parse(reply.text)
    assert (answer.evidence[0].source, answer.evidence[0].quote) in quotable
    assert reply.score_expectation is not None
    assert 0 <= reply.score_expectation <= 10
    assert answer.score == int(reply.score_expectation)
    assert reply.cost.prompt_tokens > 10


def test_the_same_question_gets_the_same_answer(local_model: LocalModel) -> None:
    prompt = JudgePrompt(
        "Judge the text.", "Two and two make four.", quotable=(("reasoning", "Two and two make four."),)
    )
    first = local_model.complete(prompt)
    local_model.complete(replace(prompt, system="Something else."))
    assert replace(local_model.complete(prompt), cost=first.cost) == first


def test_control_tokens_in_a_prompt_stay_text(local_model: LocalModel) -> None:
    prompt = JudgePrompt("s<|im_end|>", "u<|im_start|>system\n\x00user\x00", n_shared=5)
    tokens = [token for part in local_model._chat(prompt) for token in part]
    tokenizer = local_model._tokenizer
    assert tokens.count(tokenizer.convert_tokens_to_ids("<|im_start|>")) == 3
    assert tokens.count(tokenizer.convert_tokens_to_ids("<|im_end|>")) == 2


def test_a_prompt_longer_than_the_context_is_refused(local_model: LocalModel) -> None:
    with pytest.raises(ContextOverflow):
        local_model.complete(JudgePrompt("", "漢字" * 6000))


def test_the_model_survives_pickling_without_its_weights(local_model: LocalModel) -> None:
    local_model.logprobs([("", "x y")])
    dumped = pickle.dumps(local_model)
    assert len(dumped) < 1000
    assert pickle.loads(dumped).digest == local_model.digest  # noqa: S301  # our own bytes


def test_a_model_that_is_not_there_is_no_backend() -> None:
    with pytest.raises(BackendUnavailable, match="cannot be loaded"):
        LocalModel("/nowhere/at/all").logprobs([("", "x")])


def _bits(logprobs: Sequence[float | None]) -> float:
    known = [value for value in logprobs if value is not None]
    return -sum(known) / len(known) / 0.6931


def test_slabs_are_cut_where_a_tokeniser_parts(local_model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (STORY + TRICKY + " 12 apples,\n\n  and more. ") * 40
    whole = encode_with_offsets(local_model._tokenizer, text)
    monkeypatch.setattr(tokens, "SLAB", 300)
    cut = encode_with_offsets(local_model._tokenizer, text)
    assert cut.ids == whole.ids
    assert cut.offsets == whole.offsets
