"""A local model's text that grows token by token, over its key-value cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitors.backends.base import ContextOverflow


class Continuation:
    """After the prompt in one pass, each token is one pass of one token: the same numbers whenever it is repeated."""

    def __init__(self, lm: Any, prompt: Sequence[int], context: int) -> None:
        self._lm, self._context = lm, context
        self._cache: Any = None
        self._n_tokens = 0
        self._logits = self._pass(list(prompt))

    def logits(self) -> Any:
        """(n_vocabulary,) float32, for the token that comes next."""
        return self._logits

    def push(self, token: int, /) -> None:
        self._logits = self._pass([token])

    def _pass(self, tokens: list[int]) -> Any:
        import torch

        self._n_tokens += len(tokens)
        if self._n_tokens > self._context:
            raise ContextOverflow(f"{self._n_tokens} tokens do not fit the context of {self._context}")
        with torch.inference_mode():
            ids = torch.tensor([tokens], device=self._lm.device)
            out = self._lm(input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
        self._cache = out.past_key_values
        return out.logits[0, -1].float().cpu().numpy()
