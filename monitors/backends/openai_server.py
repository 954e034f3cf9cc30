"""Any OpenAI-compatible server as a judge. What it can do is learnt from its replies, not from its status codes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

from monitors.backends import typed_decisions
from monitors.backends.base import ContextOverflow, JudgeAnswer, JudgePrompt
from monitors.backends.context_length import context_length
from monitors.backends.dialects import DIALECTS, riddle
from monitors.backends.endpoint import CONCURRENCY
from monitors.backends.http_json import JsonClient, Refused, read
from monitors.backends.prices import FREE, Price, cached_tokens, cost_of
from monitors.backends.score_tokens import score_moments
from monitors.base import Cost, Need
from monitors.errors import BackendUnavailable

METHOD = "chat-2"
_CHAT = "/chat/completions"
# What the two kinds of models call the bound on their answer; those of the second kind choose their own temperature.
_SAMPLING: Mapping[str, Mapping[str, Any]] = {
    "max_tokens": {"temperature": 0.0, "seed": 0},
    "max_completion_tokens": {},
}
# No tokenizer of ours makes tokens of so many characters on average: a server that counts fewer did not read it all.
_MOST_CHARS_PER_TOKEN = 16
_LONG = 4_000
# Characters that one prompt shows: where the server does not tell its context, and at most; a judge of more text than
# that begins to miss things. Tokens that are left to the instructions and the answer.
UNTOLD_CHARS = 16_000
MOST_CHARS = 48_000
_INSTRUCTIONS = 2_000
Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the probe saw in replies.

    `dialect` is the way in which an answer can be bound to a JSON schema, "" where there is none; `decisions`: typed
    decisions are asked instead; `context` in tokens, None where the server does not tell; `tells_cached`: its replies
    say how much of a prompt it had kept.
    """

    dialect: str
    logprobs: bool
    decisions: bool = False
    context: int | None = None
    tells_cached: bool = False

    @property
    def json_schema(self) -> bool:
        return bool(self.dialect)


def open_server(
    url: str,
    *,
    model: str | None,
    api_key: str | None,
    price: Price | None = None,
    concurrency: int | None = None,
) -> Mapping[Need, object]:
    """The server as judge, and as reference LM where it scores given text."""
    from monitors.backends.server_scorer import ServerScorer

    server = OpenAIServer(url, model, api_key, price=price or FREE, concurrency=concurrency or CONCURRENCY)
    scorer = ServerScorer(url, model, api_key)
    return {Need.JUDGE: server, Need.REFERENCE_LM: scorer} if scorer.is_able() else {Need.JUDGE: server}


def api_base(url: str) -> str:
    """The address under which the API's paths lie: /v1 is added to a bare host."""
    url = url.rstrip("/")
    return url if urlsplit(url).path else f"{url}/v1"


class OpenAIServer:
    """Judge over chat completions at temperature 0, or over typed decisions where only those give probabilities."""

    def __init__(
        self,
        url: str,
        model: str | None = None,
        api_key: str | None = None,
        *,
        timeout_s: float = 120.0,
        concurrency: int = CONCURRENCY,
        max_wait_s: float = 30.0,
        price: Price = FREE,
    ) -> None:
        self._options: dict[str, Any] = {
            "timeout_s": timeout_s,
            "concurrency": concurrency,
            "max_wait_s": max_wait_s,
            "price": price,
        }
        self._url, self._model, self._api_key, self._price = url, model, api_key, price
        self._probing = threading.Lock()
        self._http = JsonClient(
            api_base(url), api_key, timeout_s=timeout_s, max_wait_s=max_wait_s, concurrency=concurrency
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._url, self._model, self._api_key, self._options)

    @property
    def price(self) -> Price:
        return self._price

    @property
    def concurrency(self) -> int:
        """Calls that may be under way at once, of all that this process asks of the server."""
        return self._http.endpoint.concurrency

    @property
    def address(self) -> str:
        """Scheme, host and path, without a login."""
        parts = urlsplit(api_base(self._url))
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @cached_property
    def model(self) -> str:
        return self._model or first_model(self._http)

    @cached_property
    def digest(self) -> str:
        can = self.capabilities
        known = [METHOD, self.address, self.model, self._sampling, can.dialect, can.logprobs, can.decisions]
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()

    @property
    def capabilities(self) -> Capabilities:
        """Probed at first use, by one thread."""
        with self._probing:
            return self._probed

    @cached_property
    def _probed(self) -> Capabilities:
        logprobs, tells_cached = self._gives_logprobs()
        dialect = "response_format" if self._obeys("response_format") else ""
        decisions = not dialect and typed_decisions.is_offered(self._http, self.model)
        if not dialect and not decisions:
            dialect = next((name for name in list(DIALECTS)[1:] if self._obeys(name)), "")
        # After the questions: a server that loads models at need tells of those that it has loaded.
        context = context_length(api_base(self._url), self._api_key, self.model)
        return Capabilities(dialect, logprobs, decisions, context, tells_cached)

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        return self.complete_many([prompt])[0]

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        answers = self.complete_each(prompts)
        errors = [answer for answer in answers if isinstance(answer, BackendUnavailable)]
        if errors:
            raise next((error for error in errors if isinstance(error, ContextOverflow)), errors[0])
        return [answer for answer in answers if isinstance(answer, JudgeAnswer)]

    def complete_each(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer | BackendUnavailable]:
        """An answer or an error for each prompt, in order.

        Of the prompts that share their beginning one goes first and the rest follow; other prompts run beside them.
        """
        if self.capabilities.decisions:
            return [_tried(self._decide, prompt) for prompt in prompts]
        groups: dict[object, list[int]] = {}
        for index, prompt in enumerate(prompts):
            shared = (prompt.system, prompt.user[: prompt.n_shared]) if prompt.n_shared else index
            groups.setdefault(shared, []).append(index)
        bodies = [[self._asked(prompts[index]) for index in group] for group in groups.values()]
        answers: dict[int, JudgeAnswer | BackendUnavailable] = {}
        for group, replies in zip(groups.values(), self._http.post_groups(_CHAT, bodies), strict=True):
            for index, reply in zip(group, replies, strict=True):
                answers[index] = _tried(lambda it: self._answer(prompts[it[0]], read(it[1])), (index, reply))
        return [answers[index] for index in range(len(prompts))]

    def room(self, texts: Sequence[str], /) -> int:
        """Characters beside the instructions and the answer, at three bytes to a token."""
        context = self.capabilities.context
        if context is None:
            return UNTOLD_CHARS
        n_bytes = sum(len(text.encode("utf-8", "replace")) for text in texts)
        per_token = 3 * sum(map(len, texts)) / n_bytes if n_bytes else 3.0
        return min(MOST_CHARS, int((context - _INSTRUCTIONS) * per_token))

    def _decide(self, prompt: JudgePrompt) -> JudgeAnswer:
        return typed_decisions.complete(self._http, self.model, self._price, prompt)

    def _asked(self, prompt: JudgePrompt) -> dict[str, Any]:
        can = self.capabilities
        body = self._body(prompt.system, prompt.user, prompt.max_tokens)
        if prompt.temperature > 0:
            body |= {"temperature": prompt.temperature, "seed": prompt.seed}
        if prompt.schema is not None and can.dialect:
            body |= DIALECTS[can.dialect](prompt.schema)
        if can.logprobs:
            body |= {"logprobs": True, "top_logprobs": 20}
        return body

    def _answer(self, prompt: JudgePrompt, reply: Mapping[str, Any]) -> JudgeAnswer:
        answer = _answer(reply, self._price)
        self._check_whole(prompt, answer.cost)
        return answer

    def _check_whole(self, prompt: JudgePrompt, cost: Cost) -> None:
        """Some servers cut a long prompt without a word; a verdict on what is left would be one on another text."""
        context, n_chars = self.capabilities.context, len(prompt.system) + len(prompt.user)
        is_full = context is not None and cost.prompt_tokens + cost.completion_tokens >= context
        if is_full or (n_chars > _LONG and 0 < cost.prompt_tokens * _MOST_CHARS_PER_TOKEN < n_chars):
            raise ContextOverflow("the server has read only a part of the prompt")

    @cached_property
    def _sampling(self) -> str:
        """The name of the bound on the answer's length that a plain question is answered with."""
        for name in _SAMPLING:
            try:
                self._http.post(_CHAT, self._plain("Name a colour.", 4, name))
            except Refused as error:
                if error.status not in (400, 422):
                    raise
            else:
                return name
        return "max_tokens"

    def _obeys(self, dialect: str) -> bool:
        """Whether a reply under a schema holds a word that only the schema names."""
        schema, is_solved = riddle()
        body = self._body("", "Name a colour.", 40) | DIALECTS[dialect](schema)
        try:
            return is_solved(_answer(self._http.post(_CHAT, body), FREE).text)
        except Refused:
            return False

    def _gives_logprobs(self) -> tuple[bool, bool]:
        """Whether each token comes with others that it might have been, and whether cached tokens are told."""
        body = self._body("", "Name a colour.", 4) | {"logprobs": True, "top_logprobs": 20}
        try:
            reply = self._http.post(_CHAT, body)
        except Refused:
            return False, False
        tokens = _tokens(reply)
        return bool(tokens) and all(token.get("top_logprobs") for token in tokens), cached_tokens(reply) is not None

    def _body(self, system: str, user: str, max_tokens: int) -> dict[str, Any]:
        body = self._plain(user, max_tokens, self._sampling)
        if system:
            body["messages"].insert(0, {"role": "system", "content": system})
        return body

    def _plain(self, user: str, max_tokens: int, sampling: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": user}]
        return {"model": self.model, "messages": messages, sampling: max_tokens, **_SAMPLING[sampling]}


def _tried(ask: Callable[[Asked], JudgeAnswer], asked: Asked) -> JudgeAnswer | BackendUnavailable:
    try:
        return ask(asked)
    except BackendUnavailable as error:
        return error


def first_model(http: JsonClient) -> str:
    """The first model that the server lists."""
    listed = http.get("/models").get("data")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            return str(entry["id"])
    raise BackendUnavailable("the server lists no model; name one")


def _rebuild(url: str, model: str | None, api_key: str | None, options: dict[str, Any]) -> OpenAIServer:
    return OpenAIServer(url, model, api_key, **options)


def _answer(reply: Mapping[str, Any], price: Price) -> JudgeAnswer:
    choice = _choice(reply)
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    content = message.get("content")
    text = content if isinstance(content, str) else ""
    finish = "refusal" if message.get("refusal") else choice.get("finish_reason")
    expectation, deviation = score_moments(text, _tokens(reply)) or (None, None)
    return JudgeAnswer(
        text,
        score_expectation=expectation,
        score_deviation=deviation,
        finish_reason=finish if isinstance(finish, str) else "stop",
        cost=cost_of(reply, price),
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
