"""A judge put to a rubric: what its prompts are, what it said word for word, and what that took."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from monitors import base
from monitors.backends.base import Judge, JudgeAnswer, JudgePrompt, Roomy
from monitors.backends.prices import FREE, Price
from monitors.errors import BackendUnavailable
from monitors.judging.rubric import Rubric
from monitors.judging.sitting import SERVER_CHARS
from monitors.judging.verdict import judge
from monitors.transcript import Message, Part, PartType, Role, Transcript
from oversight.monitoring import bench
from oversight.monitoring.models import Backend

PLACEHOLDER = Transcript(
    "placeholder",
    (
        Message(Role.USER, (Part(PartType.TEXT, "[the prompt of the transcript]"),)),
        Message(
            Role.ASSISTANT,
            (
                Part(PartType.REASONING, "[the reasoning of the transcript]"),
                Part(PartType.TEXT, "[the answer of the transcript]"),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class RubricMonitor:
    """A rubric that is in no catalogue, as a monitor."""

    rubric: Rubric
    judge: Judge

    def score(self, transcript: Transcript, /) -> base.Score:
        return judge(self.rubric, self.judge, transcript)


def judge_for(backend: str) -> Judge:
    """The judge of a backend, opened once per process.

    Raises
    ------
    BackendUnavailable : its model is not there.
    """
    found = bench.open_model(backend).get(base.Need.JUDGE)
    if found is None:
        raise BackendUnavailable("no judge is configured")
    return found  # type: ignore[return-value]  # what stands under this need answers the protocol


def price_of(backend: str) -> Price:
    """USD per million tokens: what the operator set for the model server; nothing else is charged."""
    return Price(*settings.MODEL_PRICE) if backend == Backend.SERVER else FREE


def usd_per_token_at_most(backend: str) -> float:
    """The dearer of a prompt's and an answer's token."""
    price = price_of(backend)
    return max(price.prompt, price.completion) / 1_000_000


def tokens_at_most(prompts: Sequence[JudgePrompt]) -> int:
    """More tokens than any usual tokeniser makes of them, with the longest answers: what a cap reserves."""
    return sum(_at_most(prompt.system) + _at_most(prompt.user) + prompt.max_tokens for prompt in prompts)


def _at_most(text: str) -> int:
    n_ascii = sum(char.isascii() for char in text)
    return math.ceil(0.5 * n_ascii + 1.5 * (len(text) - n_ascii))


@dataclass(slots=True)
class Metered:
    """A judge whose every call is asked for beforehand, and is remembered. `ask` raises to refuse a call."""

    asked: Judge
    ask: Callable[[int], None]
    replies: list[str] = field(default_factory=list)
    cost: base.Cost = base.NO_COST
    prompt_chars: int = 0
    bound: int = 0

    @property
    def model(self) -> str:
        return self.asked.model

    @property
    def digest(self) -> str:
        return self.asked.digest

    def room(self, texts: Sequence[str], /) -> int:
        return self.asked.room(texts) if isinstance(self.asked, Roomy) else SERVER_CHARS

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        return self.complete_many([prompt])[0]

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        bound = tokens_at_most(prompts)
        self.ask(bound)
        answers = self.asked.complete_many(prompts)
        self.bound += bound
        self.prompt_chars += sum(len(prompt.system) + len(prompt.user) for prompt in prompts)
        for answer in answers:
            self.replies.append(answer.text)
            self.cost += answer.cost
        return answers


@dataclass(slots=True)
class Counting:
    """Stands where a judge would stand: keeps what it is asked, and gives the least answer that the schema allows."""

    prompts: list[JudgePrompt] = field(default_factory=list)
    model: str = "counting"
    digest: str = "counting"

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer:
        self.prompts.append(prompt)
        return JudgeAnswer(json.dumps(_least(prompt.schema or {})))

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        return [self.complete(prompt) for prompt in prompts]


def _least(schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return "negative" if "negative" in schema["enum"] else schema["enum"][0]
    if schema.get("type") == "object":
        return {name: _least(inner) for name, inner in schema.get("properties", {}).items()}
    least = {"array": [], "string": "", "boolean": True, "integer": schema.get("minimum", 0)}
    return least.get(str(schema.get("type")))


def prompts_of(rubric: Rubric, transcript: Transcript) -> tuple[JudgePrompt, ...]:
    """What a judge would be asked; nothing where there is nothing to judge. No model is called."""
    counting = Counting()
    base.measure(RubricMonitor(rubric, counting), transcript)
    return tuple(counting.prompts)


@dataclass(frozen=True, slots=True)
class Preview:
    """The exact prompt, but for the transcript and the nonce that is drawn anew each time."""

    system: str
    user: str

    @property
    def n_chars(self) -> int:
        return len(self.system) + len(self.user)


def preview(rubric: Rubric) -> Preview:
    """What a judge reads, with placeholders for a transcript's texts."""
    prompt = prompts_of(rubric, PLACEHOLDER)[-1]
    return Preview(prompt.system, prompt.user)
