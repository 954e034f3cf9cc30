"""Any OpenAI-compatible server as a judge. What it can do is learnt from its replies, not from its status codes."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from monitors.backends.base import JudgeAnswer, JudgePrompt
from monitors.backends.http_json import JsonClient, Refused
from monitors.backends.score_tokens import expected_score
from monitors.base import Cost, Need
from monitors.errors import BackendUnavailable

METHOD = "chat-1"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the probe saw in a reply: decoding under a JSON schema, token log-probabilities."""

    json_schema: bool
    logprobs: bool


def open_server(url: str, *, model: str | None, api_key: str | None) -> Mapping[Need, object]:
    """The server as judge, and as reference LM where it scores given text."""
    from monitors.backends.server_scorer import ServerScorer

    server = OpenAIServer(url, model, api_key)
    scorer = ServerScorer(url, model, api_key)
    return {Need.JUDGE: server, Need.REFERENCE_LM: scorer} if scorer.is_able() else {Need.JUDGE: server}


def api_base(url: str) -> str:
    """The address under which the API's paths lie: /v1 is added to a bare host."""
    url = url.rstrip("/")
    return url if urlsplit(url).path else f"{url}/v1"


class OpenAIServer:
    """Judge over chat completions at temperature 0."""

    def __init__(
        self,
        url: str,
        model: str | None = None,
        api_key: str | None = None,
        *,
        timeout_s: float = 120.0,
        concurrency: int = 8,
        max_wait_s: float = 30.0,
    ) -> None:
        self._options: dict[str, Any] = {
            "timeout_s": timeout_s,
            "concurrency": concurrency,
            "max_wait_s": max_wait_s,
        }
        self._url, self._model, self._api_key = url, model, api_key
        self._http = JsonClient(
            api_base(url), api_key, timeout_s=timeout_s, max_wait_s=max_wait_s, concurrency=concurrency
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._url, self._model, self._api_key, self._options)

    @cached_property
    def model(self) -> str:
        return self._model or first_model(self._http)

    @cached_property
    def digest(self) -> str:
        known = [METHOD, api_base(self._url), self.model, self.capabilities.json_schema, self.capabilities.logprobs]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()

    @cached_property
    def capabilities(self) -> Capabilities:
        return Capabilities(json_schema=self._obeys_schema(), logprobs=self._gives_logprobs())

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        body = self._body(prompt.system, prompt.user, prompt.max_tokens)
        if prompt.schema is not None and self.capabilities.json_schema:
            body["response_format"] = _response_format(prompt.schema)
        if self.capabilities.logprobs:
            body |= {"logprobs": True, "top_logprobs": 20}
        return _answer(self._http.post("/chat/completions", body))

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        if len(prompts) < 2:
            return [self.complete(prompt) for prompt in prompts]
        # Probe once, before the threads would each do it.
        _ = self.capabilities
        with ThreadPoolExecutor(min(int(self._options["concurrency"]), len(prompts))) as pool:
            return list(pool.map(self.complete, prompts))

    def _obeys_schema(self) -> bool:
        """Whether a reply under a schema holds a word that only the schema names."""
        word = secrets.token_hex(4)
        schema = {
            "type": "object",
            "properties": {"word": {"type": "string", "enum": [word]}},
            "required": ["word"],
            "additionalProperties": False,
        }
        body = self._body("", "Name a colour.", 40) | {"response_format": _response_format(schema)}
        try:
            return bool(json.loads(_answer(self._http.post("/chat/completions", body)).text) == {"word": word})
        except (Refused, ValueError, RecursionError):
            return False

    def _gives_logprobs(self) -> bool:
        body = self._body("", "Name a colour.", 4) | {"logprobs": True, "top_logprobs": 20}
        try:
            tokens = _tokens(self._http.post("/chat/completions", body))
        except Refused:
            return False
        return bool(tokens) and all(token.get("top_logprobs") for token in tokens)

    def _body(self, system: str, user: str, max_tokens: int) -> dict[str, Any]:
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": user})
        return {"model": self.model, "messages": messages, "max_tokens": max_tokens, "temperature": 0.0, "seed": 0}


def first_model(http: JsonClient) -> str:
    """The first model that the server lists."""
    listed = http.get("/models").get("data")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            return str(entry["id"])
    raise BackendUnavailable("the server lists no model; name one")


def _rebuild(url: str, model: str | None, api_key: str | None, options: dict[str, Any]) -> OpenAIServer:
    return OpenAIServer(url, model, api_key, **options)


def _response_format(schema: Mapping[str, object]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def _answer(reply: Mapping[str, Any]) -> JudgeAnswer:
    choice = _choice(reply)
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    content = message.get("content")
    text = content if isinstance(content, str) else ""
    finish = "refusal" if message.get("refusal") else choice.get("finish_reason")
    return JudgeAnswer(
        text,
        score_expectation=expected_score(text, _tokens(reply)),
        finish_reason=finish if isinstance(finish, str) else "stop",
        cost=_cost(reply),
    )


def _choice(reply: Mapping[str, Any]) -> dict[str, Any]:
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise BackendUnavailable("the server's reply holds no choice", reason="error")
    return choices[0]


def _tokens(reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    logprobs = _choice(reply).get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    return [token for token in content if isinstance(token, dict)] if isinstance(content, list) else []


def _cost(reply: Mapping[str, Any]) -> Cost:
    usage = reply.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    counts = [usage.get(key) for key in ("prompt_tokens", "completion_tokens")]
    prompt, completion = (count if isinstance(count, int) else 0 for count in counts)
    return Cost(calls=1, prompt_tokens=prompt, completion_tokens=completion)
