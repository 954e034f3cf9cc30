"""Reference LM over a server that scores given text: OpenAI's `echo`, vLLM's `prompt_logprobs`, SGLang's `generate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from monitors.backends.base import TokenLogprobs
from monitors.backends.http_json import JsonClient
from monitors.backends.openai_server import api_base, first_model
from monitors.errors import BackendUnavailable

CONCURRENCY = 8
Scored = tuple[list[str], list[float | None]]
Ask = Callable[[str], Scored]
_PROBE = "The capital of France is Paris."


class ServerScorer:
    """TokenScorer in whichever way the server scores a prompt. `is_able` says whether it really does in any."""

    def __init__(self, url: str, model: str | None = None, api_key: str | None = None) -> None:
        self._arguments = (url, model, api_key)
        base = api_base(url)
        self._http = JsonClient(base, api_key, timeout_s=60.0, max_wait_s=5.0)
        self._root = JsonClient(base.removesuffix("/v1"), api_key, timeout_s=60.0, max_wait_s=5.0)

    def __reduce__(self) -> tuple[type[ServerScorer], tuple[str, str | None, str | None]]:
        return ServerScorer, self._arguments

    @cached_property
    def model(self) -> str:
        return self._arguments[1] or first_model(self._http)

    @cached_property
    def _ask(self) -> Ask | None:
        """The first way in which a short text comes back with a log-probability for each of its tokens."""
        for ask in (self._echo, self._prompt_logprobs, self._generate):
            try:
                tokens, values = ask(_PROBE)
            except BackendUnavailable:
                continue
            if len(tokens) > 3 and all(value is not None for value in values[1:]):
                return ask
        return None

    def is_able(self) -> bool:
        return self._ask is not None

    def logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[TokenLogprobs]:
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            return list(pool.map(self._score, texts))

    def _echo(self, text: str) -> Scored:
        body = {"model": self.model, "prompt": text, "max_tokens": 1, "temperature": 0.0, "echo": True, "logprobs": 1}
        logprobs = _choice(self._http.post("/completions", body)).get("logprobs")
        logprobs = logprobs if isinstance(logprobs, dict) else {}
        return _spelt(logprobs.get("tokens"), logprobs.get("token_logprobs"), text)

    def _prompt_logprobs(self, text: str) -> Scored:
        body = {"model": self.model, "prompt": text, "max_tokens": 1, "temperature": 0.0, "prompt_logprobs": 0}
        tokens, values = _prompt_tokens(_choice(self._http.post("/completions", body)).get("prompt_logprobs"))
        rest = "".join(tokens[1:])
        if tokens and not tokens[0] and text.endswith(rest):
            tokens[0] = text[: len(text) - len(rest)]
        return _spelt(tokens, values, text)

    def _generate(self, text: str) -> Scored:
        body = {
            "text": text,
            "sampling_params": {"max_new_tokens": 1, "temperature": 0.0},
            "return_logprob": True,
            "logprob_start_len": 0,
            "return_text_in_logprobs": True,
        }
        told = self._root.post("/generate", body).get("meta_info")
        entries = told.get("input_token_logprobs") if isinstance(told, dict) else None
        listed = [entry for entry in entries if isinstance(entry, list) and len(entry) > 2] if entries else None
        if listed is None:
            raise BackendUnavailable("the model server does not score given text")
        return _spelt([entry[2] for entry in listed], [entry[0] for entry in listed], text)

    def _score(self, pair: tuple[str, str]) -> TokenLogprobs:
        context, text = pair
        if self._ask is None:
            raise BackendUnavailable("the model server does not score given text")
        tokens, values = self._ask(context + text)
        offsets: list[tuple[int, int]] = []
        kept: list[float | None] = []
        at = -len(context)
        for token, value in zip(tokens, values, strict=True):
            start, at = at, at + len(token)
            if at > 0:
                offsets.append((max(start, 0), at))
                kept.append(value)
        return TokenLogprobs(tuple(offsets), tuple(kept))


def _choice(reply: Mapping[str, Any]) -> dict[str, Any]:
    choices = reply.get("choices")
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _spelt(tokens: object, values: object, text: str) -> tuple[list[str], list[float | None]]:
    """Tokens and their log-probabilities, if together they begin with the text that was sent."""
    if not isinstance(tokens, list) or not isinstance(values, list):
        raise BackendUnavailable("the model server does not score given text")
    found: list[str] = []
    length = 0
    for token in map(str, tokens):
        if length >= len(text):
            break
        found.append(token)
        length += len(token)
    # Tokens that are parts of one character cannot be placed; a wrong offset would be worse than none.
    if "".join(found) != text or len(values) < len(found):
        raise BackendUnavailable("the server's tokens do not spell the text", reason="error")
    return found, [float(v) if isinstance(v, int | float) else None for v in values[: len(found)]]


def _prompt_tokens(entries: object) -> tuple[list[str], list[object]]:
    """vLLM's list: None for the first token, then `{id: {"logprob", "decoded_token"}}` of the token that was given.

    The first token's text is in no entry: it is what is left of the text before the second.
    """
    if not isinstance(entries, list):
        raise BackendUnavailable("the model server does not score given text")
    tokens: list[str] = []
    values: list[object] = []
    for entry in entries:
        given = next(iter(entry.values()), None) if isinstance(entry, dict) else None
        tokens.append(str(given.get("decoded_token")) if isinstance(given, dict) else "")
        values.append(given.get("logprob") if isinstance(given, dict) else None)
    return tokens, values
