"""What a server's answer used, by its own account, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitors.base import Cost

_PER = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens. `cached` is for prompt tokens that the server had kept; None: as for the others."""

    prompt: float = 0.0
    completion: float = 0.0
    cached: float | None = None

    @classmethod
    def read(cls, text: str) -> Price:
        """From PROMPT,COMPLETION or PROMPT,COMPLETION,CACHED. Raises ValueError for anything else."""
        numbers = [float(number) for number in text.split(",")]
        if len(numbers) not in (2, 3) or not all(0 <= number < float("inf") for number in numbers):
            raise ValueError("a price is PROMPT,COMPLETION[,CACHED] in USD per million tokens")
        return cls(*numbers)

    def of(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """USD for one answer."""
        cached = self.prompt if self.cached is None else self.cached
        fresh = prompt_tokens - cached_tokens
        return (fresh * self.prompt + cached_tokens * cached + completion_tokens * self.completion) / _PER


FREE = Price()


def cost_of(reply: Mapping[str, Any], price: Price) -> Cost:
    """The cost of one answer. Token counts that the server does not give are 0."""
    usage = _mapping(reply.get("usage"))
    prompt = _count(usage, "prompt_tokens") or _count(usage, "input_tokens")
    completion = _count(usage, "completion_tokens") or _count(usage, "output_tokens")
    cached = min(cached_tokens(reply) or 0, prompt)
    return Cost(
        calls=1,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        money=price.of(prompt, completion, cached),
    )


def cached_tokens(reply: Mapping[str, Any]) -> int | None:
    """How much of the prompt came from the server's prefix cache; None where the reply does not say."""
    usage = _mapping(reply.get("usage"))
    # OpenAI, vLLM, SGLang and llama.cpp; Moonshot; DeepSeek; older llama.cpp.
    told = (
        _mapping(usage.get("prompt_tokens_details")).get("cached_tokens"),
        usage.get("cached_tokens"),
        usage.get("prompt_cache_hit_tokens"),
        _mapping(reply.get("timings")).get("cache_n"),
    )
    return next((count for count in told if type(count) is int and count >= 0), None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(usage: Mapping[str, Any], name: str) -> int:
    count = usage.get(name)
    return count if type(count) is int and count > 0 else 0
