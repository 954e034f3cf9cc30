"""Two local models with one tokenizer: the first scores text, and the second's view of the first's expectations."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from monitors.backends.base import CrossLogprobs, TokenLogprobs
from monitors.backends.forward_pass import batch_tokens, head_parts, hidden_states, split
from monitors.backends.token_windows import batches_of
from monitors.backends.tokens import Tokens
from monitors.backends.transformers_local import LocalModel
from monitors.errors import BackendUnavailable


class LocalPair:
    """TokenScorer by the first model, and CrossScorer by both."""

    def __init__(self, first: LocalModel, second: LocalModel) -> None:
        self.first, self.second = first, second
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[LocalPair], tuple[LocalModel, LocalModel]]:
        return LocalPair, (self.first, self.second)

    @property
    def model(self) -> str:
        return self.first.model

    @property
    def pair(self) -> str:
        return f"{self.first.model},{self.second.model}"

    def logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[TokenLogprobs]:
        return self.first.logprobs(texts)

    def cross_logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[CrossLogprobs]:
        """Surprise of each token under the first model, and the second's cross-entropy under the first, in nats.

        Raises
        ------
        BackendUnavailable : the two do not share their tokens.
        """
        import torch

        with self._lock, torch.inference_mode():
            one, other = self.first._lm, self.second._lm
            if self.first._tokenizer.get_vocab() != self.second._tokenizer.get_vocab():
                raise BackendUnavailable(f"{self.pair}: cross-perplexity needs two models with the same tokens")
            tokens = Tokens.of(self.first._tokenizer, texts)
            own, crossed = tokens.column(), tokens.column()
            for batch in batches_of(tokens.pieces, batch_tokens(one)):
                hidden, rows, targets = hidden_states(one, batch)
                hidden_2, rows_2, _ = hidden_states(other, batch)
                parts = [
                    _scores(one.lm_head(hidden[rows[part]]), other.lm_head(hidden_2[rows_2[part]]), targets[part])
                    for part in head_parts(one, len(rows))
                ]
                for column, values in zip((own, crossed), zip(*parts, strict=True), strict=True):
                    for piece, scores in zip(batch, split(values, batch), strict=True):
                        tokens.put(column, piece, scores)
        return [
            CrossLogprobs(offsets, tuple(one), tuple(other))
            for offsets, one, other in zip(tokens.offsets, own, crossed, strict=True)
        ]


def _scores(logits: Any, logits_2: Any, targets: Any) -> tuple[Any, Any]:
    own = logits.float().log_softmax(1)
    return own.gather(1, targets[:, None])[:, 0], -(own.exp() * logits_2.float().log_softmax(1)).sum(1)
