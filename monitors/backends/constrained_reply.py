"""A reply written under a grammar: fixed text, one of several texts, or a score read from the digits' probabilities."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitors.backends.tokens import encode


class Reply:
    """An answer in the making: its key-value cache, and the distribution of the next token."""

    def __init__(self, lm: Any, tokenizer: Any, cache: Any, prompt: list[int]) -> None:
        self._lm = lm
        self._tokenizer = tokenizer
        self._cache = cache
        self._next = self._feed(prompt)
        self.n_written = 0

    def write(self, text: str) -> Reply:
        """Append text that the grammar fixes."""
        self._append(self._ids(text))
        return self

    def choose(self, options: Sequence[tuple[str, str]]) -> tuple[str, str]:
        """Decode greedily under the grammar 'one of these texts', and append the one chosen."""
        left = [(option, self._ids(json.dumps(option[1], ensure_ascii=False)[1:-1])) for option in options]
        left = [(option, ids) for option, ids in left if ids]
        depth = 0
        while len({tuple(ids) for _, ids in left}) > 1:
            best = max({ids[depth] for _, ids in left if len(ids) > depth}, key=lambda token: float(self._next[token]))
            left = [(option, ids) for option, ids in left if len(ids) > depth and ids[depth] == best]
            self._append([best])
            depth += 1
        option, ids = left[0]
        self._append(ids[depth:])
        return option

    def expected_digits(self) -> float:
        """Mean of the integers 0..10 under the model, each weighted by the probability of its tokens."""
        digits = [self._ids(str(number))[0] for number in range(10)]
        weights = self._next[digits].softmax(0)
        ten = self._ids("10")
        if len(ten) == 1:
            weights = self._next[[*digits, ten[0]]].softmax(0)
            return float(sum(number * float(weight) for number, weight in enumerate(weights)))
        self._append([digits[1]])
        after_one = self._next.softmax(0)
        p_zero = float(after_one[digits[0]])
        end = sum(float(after_one[self._ids(mark)[0]]) for mark in (",", "}"))
        is_ten = p_zero / (p_zero + end) if p_zero + end else 0.0
        means = [float(number) for number in range(10)]
        means[1] = 1.0 + 9.0 * is_ten
        return sum(mean * float(weight) for mean, weight in zip(means, weights, strict=True))

    def _ids(self, text: str) -> list[int]:
        return encode(self._tokenizer, text)

    def _append(self, tokens: list[int]) -> None:
        if tokens:
            self._next = self._feed(tokens)
            self.n_written += len(tokens)

    def _feed(self, tokens: list[int]) -> Any:
        import torch

        ids = torch.tensor([tokens], device=self._lm.device)
        out = self._lm(input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
        self._cache = out.past_key_values
        return out.logits[0, -1].float()
