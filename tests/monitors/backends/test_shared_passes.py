"""Texts that grow side by side have the numbers that they have alone, and what was written is read again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitors.backends.base import ContextOverflow
from monitors.backends.shared_passes import N_ROWS, N_TEXT, SharedPasses
from monitors.backends.transformers_local import LocalModel
from monitors.coders.arithmetic import Arithmetic
from monitors.coders.coder import Cover

pytestmark = pytest.mark.lm
PROMPTS = ("How do I keep basil alive in winter?", "Name three rivers.", "Solve 3x + 4 = 19.", "Why is the sky blue?")
TOKENS = [1200, 310, 42, 7, 901, 15, 4000, 33]


@pytest.fixture(scope="module")
def thin(thin_model: Path) -> LocalModel:
    return LocalModel(str(thin_model))


def _walk(passes: SharedPasses, prompt: str, tokens: list[int]) -> list[Any]:
    text = passes.continue_after(prompt)
    found = [text.logits()]
    for token in tokens:
        text.push(token)
        found.append(text.logits())
    return found


def test_the_numbers_are_those_of_a_pass_by_itself_but_for_rounding(thin: LocalModel) -> None:
    alone, shared = thin.continue_after(PROMPTS[0]), SharedPasses(thin).continue_after(PROMPTS[0])
    for token in TOKENS:
        assert np.abs(alone.logits() - shared.logits()).max() < 0.05 * np.abs(alone.logits()).max()
        alone.push(token)
        shared.push(token)


def test_a_text_has_the_same_numbers_in_company(thin: LocalModel) -> None:
    own = _walk(SharedPasses(thin), PROMPTS[0], TOKENS)
    passes = SharedPasses(thin)
    first = passes.continue_after(PROMPTS[0])
    with ThreadPoolExecutor(N_ROWS - 1) as pool:
        others = [
            pool.submit(_walk, passes, PROMPTS[n % 4], [token + n for token in TOKENS]) for n in range(N_ROWS - 1)
        ]
        for token, expected in zip(TOKENS, own, strict=False):
            assert (first.logits() == expected).all()
            first.push(token)
    assert all(len(other.result()) == len(TOKENS) + 1 for other in others)


def test_another_text_of_the_prompt_is_not_read_from_what_was_kept(thin: LocalModel) -> None:
    passes = SharedPasses(thin)
    _walk(passes, PROMPTS[1], TOKENS)
    changed = [*TOKENS[:3], 77, *TOKENS[3:6]]
    again = _walk(passes, PROMPTS[1], changed)
    for one, other in zip(again, _walk(SharedPasses(thin), PROMPTS[1], changed), strict=True):
        assert (one == other).all()


def test_payloads_come_back_when_every_pass_is_made_anew(thin: LocalModel) -> None:
    passes = SharedPasses(thin)
    coder = Arithmetic(passes, max_tokens=N_TEXT)
    bits = "0110" * 8

    def came_back(number: int) -> bool:
        cover, key = Cover("word " * 200, PROMPTS[number % 4]), f"key {number}".encode()
        text = coder.encode(cover, bits, key)
        _walk(passes, f"Something else, number {number}.", TOKENS[:2])
        return coder.decode(text, len(bits), key, prompt=cover.prompt) == bits

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(came_back, range(8)))


def test_a_text_that_fills_its_slots_is_refused(thin: LocalModel) -> None:
    with pytest.raises(ContextOverflow):
        _walk(SharedPasses(thin), PROMPTS[0], [5] * 400)
