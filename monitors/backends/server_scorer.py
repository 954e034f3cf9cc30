"""Reference LM over an OpenAI-compatible server that scores given text (`echo` with `logprobs`, as vLLM does)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from monitors.backends.base import TokenLogprobs
from monitors.backends.http_json import JsonClient
from monitors.backends.openai_server import api_base, first_model
from monitors.errors import BackendUnavailable

CONCURRENCY = 8
_PROBE = "The capital of France is Paris."


class ServerScorer:
    """TokenScorer over /completions. `is_able` says whether the server really scores a prompt."""

    def __init__(self, url: str, model: str | None = None, api_key: str | None = None) -> None:
        self._arguments = (url, model, api_key)
        self._http = JsonClient(api_base(url), api_key, timeout_s=60.0, max_wait_s=5.0)

    def __reduce__(self) -> tuple[type[ServerScorer], tuple[str, str | None, str | None]]:
        return ServerScorer, self._arguments

    @cached_property
    def model(self) -> str:
        return self._arguments[1] or first_model(self._http)

    def is_able(self) -> bool:
        """Whether a short text comes back with a log-probability for each of its tokens."""
        try:
            scored = self._score(("", _PROBE))
        except BackendUnavailable:
            return False
        return len(scored.offsets) > 3 and all(value is not None for value in scored.logprobs[1:])

    def logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[TokenLogprobs]:
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            return list(pool.map(self._score, texts))

    def _score(self, pair: tuple[str, str]) -> TokenLogprobs:
        context, text = pair
        whole = context + text
        body = {"model": self.model, "prompt": whole, "max_tokens": 1, "temperature": 0.0, "echo": True, "logprobs": 1}
        tokens, values = _echoed(self._http.post("/completions", body), whole)
        offsets: list[tuple[int, int]] = []
        kept: list[float | None] = []
        at = -len(context)
        for token, value in zip(tokens, values, strict=True):
            start, at = at, at + len(token)
            if at > 0:
                offsets.append((max(start, 0), at))
                kept.append(value)
        return TokenLogprobs(tuple(offsets), tuple(kept))


def _echoed(reply: Mapping[str, Any], text: str) -> tuple[list[str], list[float | None]]:
    """The echoed tokens and their log-probabilities, if together they spell the text that was sent."""
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    logprobs = choice.get("logprobs")
    logprobs = logprobs if isinstance(logprobs, dict) else {}
    tokens, values = logprobs.get("tokens"), logprobs.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(values, list):
        raise BackendUnavailable("the model server does not score given text")
    spelt: list[str] = []
    length = 0
    for token in map(str, tokens):
        if length >= len(text):
            break
        spelt.append(token)
        length += len(token)
    # Tokens that are parts of one character cannot be placed; a wrong offset would be worse than none.
    if "".join(spelt) != text or len(values) < len(spelt):
        raise BackendUnavailable("the server's tokens do not spell the text", reason="error")
    return spelt, [float(v) if isinstance(v, int | float) else None for v in values[: len(spelt)]]
