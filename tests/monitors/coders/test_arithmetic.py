"""The receiver reads what the sender wrote, over an ambiguous toy vocabulary and over the real model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.backends.transformers_local import LocalModel
from monitors.coders.arithmetic import Arithmetic
from monitors.coders.coder import Cover
from monitors.errors import BackendUnavailable

# "ab" and "b c" swallow their parts: many token sequences are not what their text is tokenised to.
WORDS = ("ab", "b c", "aa", "a", "b", "c", " ", " ab", ".", "\n")
COVER = Cover("ab c " * 400, "Say ab.")


class _ToyContinuation:
    def __init__(self) -> None:
        self._last = 0

    def logits(self) -> list[float]:
        return [math.sin(3 * self._last + token) + (1.5 if token in (3, 4, 5) else 0.0) for token in range(len(WORDS))]

    def push(self, token: int, /) -> None:
        self._last = token


class ToyLanguageModel:
    """A model of ten tokens, with longest-match tokenisation."""

    def tokenize(self, texts: Sequence[str], /) -> list[list[int]]:
        return [self._tokens(text) for text in texts]

    def detokenize(self, tokens: Sequence[int], /) -> str:
        return "".join(WORDS[token] for token in tokens)

    def continue_after(self, prompt: str, /) -> _ToyContinuation:
        return _ToyContinuation()

    def _tokens(self, text: str) -> list[int]:
        found, at = [], 0
        while at < len(text):
            word = max((word for word in WORDS if text.startswith(word, at)), key=len)
            found.append(WORDS.index(word))
            at += len(word)
        return found


TOY = Arithmetic(ToyLanguageModel(), bits_per_token=0.5)


@given(st.text("01", max_size=120), st.sampled_from([b"", b"key"]))
def test_the_receiver_reads_what_was_written(bits: str, key: bytes) -> None:
    assert TOY.decode(TOY.encode(COVER, bits, key), len(bits), key, prompt=COVER.prompt) == bits


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_no_more_bits_are_carried_than_the_alphabet_has_room_for(temperature: float) -> None:
    coder, lm = replace(TOY, temperature=temperature), ToyLanguageModel()
    lengths = [len(lm.tokenize([coder.encode(COVER, "01" * 32, f"key {n}".encode())])[0]) for n in range(60)]

    # Of all payloads together: one alone may meet improbable tokens, which carry more.
    assert 64 / math.log2(len(WORDS)) <= sum(lengths) / len(lengths) <= 64 * 4 + 60


def test_uniform_payloads_and_the_sham_arm_sample_the_same_tokens() -> None:
    lm = ToyLanguageModel()
    written = Counter[int]()
    sham = Counter[int]()
    for n in range(150):
        written.update(lm.tokenize([TOY.encode(COVER, "01" * 60, f"key {n}".encode())])[0])
        sham.update(lm.tokenize([TOY.sham(COVER, 120, n)])[0])
    for token in range(len(WORDS)):
        assert written[token] / written.total() == pytest.approx(sham[token] / sham.total(), abs=0.015)


def test_the_sham_arm_repeats_itself_for_a_seed_and_carries_nothing() -> None:
    assert TOY.sham(COVER, 60, 5) == TOY.sham(COVER, 60, 5) != TOY.sham(COVER, 60, 6)


def test_a_clean_text_gives_fewer_bits_where_the_model_would_not_write_it() -> None:
    assert TOY.decode("ab c", 500) == TOY.read(Cover("ab c"), 500)
    assert len(TOY.read(Cover("ab c"), 500)) < 20


@pytest.mark.lm
def test_another_prompt_leads_to_the_same_bits_only_by_chance(local_model: LocalModel) -> None:
    coder = Arithmetic(local_model)
    cover = Cover("word " * 60, "How do I keep basil alive in winter?")
    text = coder.encode(cover, "01" * 12)
    assert coder.decode(text, 24, prompt="Name three rivers.") != "01" * 12


def test_without_a_language_model_nothing_is_written() -> None:
    with pytest.raises(BackendUnavailable, match="needs a language model"):
        Arithmetic().encode(COVER, "0101")


@pytest.mark.lm
@pytest.mark.parametrize("key", [b"", b"key"])
def test_the_real_model_hides_and_finds_a_payload(local_model: LocalModel, key: bytes) -> None:
    coder = Arithmetic(local_model)
    cover = Cover("word " * 60, "How do I keep basil alive in winter?")
    bits = "011010000110100101100100"
    text = coder.encode(cover, bits, key)
    assert text.isprintable()
    assert len(text.split()) > 4
    assert coder.decode(text, len(bits), key, prompt=cover.prompt) == bits
