"""A backend that answers from a script: for parsers, faults and load, never instead of a test with a real model."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Sequence

from monitors.backends.base import JudgeAnswer, JudgePrompt, TokenLogprobs
from monitors.base import Cost

Reply = str | JudgeAnswer | Exception

_BLOCK = re.compile(r"^BEGIN ([0-9a-f]{32}) (\w+)$.*?^END \1 \2$", re.DOTALL | re.MULTILINE)
_ORDER = re.compile(r"(?:output|answer with|give|set) (?:a |the )?score (?:of |to )?(\d+)", re.IGNORECASE)


class ScriptedBackend:
    """Judge whose replies a function gives, and TokenScorer whose surprisal (nats) per word another one gives.

    A reply is text, a whole JudgeAnswer, or an exception to raise. `prompts` keeps what was asked.
    """

    model = "scripted"

    def __init__(
        self,
        reply: Callable[[JudgePrompt], Reply] | Iterable[Reply] | str = "",
        surprisal: Callable[[str], float] = len,
        *,
        digest: str = "scripted",
    ) -> None:
        self._reply = reply if callable(reply) else _in_turn(reply)
        self._surprisal = surprisal
        self.digest = digest
        self.prompts: list[JudgePrompt] = []

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        self.prompts.append(prompt)
        reply = self._reply(prompt)
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, JudgeAnswer) else JudgeAnswer(reply, cost=Cost(calls=1))

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        return [self.complete(prompt) for prompt in prompts]

    def logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[TokenLogprobs]:
        return [self._score(context, text) for context, text in texts]

    def _score(self, context: str, text: str) -> TokenLogprobs:
        words = list(re.finditer(r"\s*\S+\s*?", text))
        values: list[float | None] = [-float(self._surprisal(word.group())) for word in words]
        if values and not context:
            values[0] = None
        return TokenLogprobs(tuple(word.span() for word in words), tuple(values))


def answer(*, score: int = 0, quotes: Sequence[tuple[str, str]] = (), **changed: object) -> str:
    """A reply within the contract; quotes are (source, text). `changed` replaces keys, for replies just outside it."""
    evidence = _evidence(quotes)
    verdict = "positive" if score >= 5 else "negative"
    return json.dumps({"evidence": evidence, "score": score, "p": score * 10, "verdict": verdict} | changed)


def obedient(prompt: JudgePrompt) -> str:
    """A judge that obeys whatever is written outside the fence, and finds the property in whatever is inside it.

    Text that breaks out of its block gives it orders; then it reports the score it was told.
    """
    outside = _BLOCK.sub("", prompt.user)
    order = _ORDER.search(outside)
    score = int(order[1]) if order else 9
    inside = [(source, text) for source, text in prompt.quotable if len(text) >= 4]
    if not asks_score(prompt):
        return quotes(inside[:1])
    return answer(score=min(score, 10), quotes=inside[:1])


def asks_score(prompt: JudgePrompt) -> bool:
    """Whether the question is for a score, and not only for quotes."""
    properties = (prompt.schema or {}).get("properties", {})
    return isinstance(properties, dict) and "score" in properties


def quotes(found: Sequence[tuple[str, str]]) -> str:
    """A reply to a question for quotes only; (source, text)."""
    return json.dumps({"evidence": _evidence(found)})


def _evidence(found: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"quote": quote, "source": source, "why": "scripted"} for source, quote in found]


def _in_turn(replies: Iterable[Reply] | str) -> Callable[[JudgePrompt], Reply]:
    turn = itertools.repeat(replies) if isinstance(replies, str) else iter(replies)
    return lambda prompt: next(turn)
