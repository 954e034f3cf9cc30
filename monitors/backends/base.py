"""What a monitor may ask of a model. A backend offers one or several of these protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from monitors.base import NO_COST, Cost, RecordedVerdict
from monitors.errors import BackendUnavailable

# RecordedVerdict lives in monitors.base: formats make it, and formats and backends may not know each other.
__all__ = [
    "ContextOverflow",
    "CrossLogprobs",
    "CrossScorer",
    "Judge",
    "JudgeAnswer",
    "JudgePrompt",
    "RecordedVerdict",
    "RecordedVerdicts",
    "Roomy",
    "TokenLogprobs",
    "TokenScorer",
]


class ContextOverflow(BackendUnavailable):
    """The prompt does not fit the model's context; the caller may ask again with less text."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="truncated")


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """One question to a judge: trusted instructions before and after one block of untrusted text.

    `schema` is the JSON schema of the answer, for servers that decode under it. `quotable` are (source, text)
    candidates for evidence, for models too small to copy a quote without a mistake. The first `n_shared` characters
    of `user` are the same in all prompts of one sitting: what a key-value cache may keep. `key` names what is asked
    without the nonce (digests of the window's text and of the rubric's prompt): equal keys have equal answers, and
    without one an answer is not kept. At a `temperature` above 0 the answer is one sample, drawn with `seed`.
    """

    system: str
    user: str
    max_tokens: int = 600
    schema: Mapping[str, object] | None = None
    quotable: Sequence[tuple[str, str]] = ()
    n_shared: int = 0
    key: str = ""
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class JudgeAnswer:
    """The raw reply.

    `score_expectation` and `score_deviation`: mean and standard deviation of the score, in [0, 10], over the
    probabilities of its tokens, where they are known.
    """

    text: str
    score_expectation: float | None = None
    score_deviation: float | None = None
    finish_reason: str = "stop"
    cost: Cost = NO_COST


@runtime_checkable
class Judge(Protocol):
    """Answers a judge prompt with JSON text. Raises BackendUnavailable; never invents an answer."""

    @property
    def model(self) -> str: ...

    @property
    def digest(self) -> str:
        """Identifies model and sampling: an admission counts for one digest only."""
        ...

    def complete(self, prompt: JudgePrompt, /) -> JudgeAnswer: ...

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]: ...


@runtime_checkable
class Roomy(Protocol):
    """A judge that knows how much its context holds."""

    def room(self, texts: Sequence[str], /) -> int:
        """How many characters of such texts one prompt can show beside the instructions."""
        ...


@runtime_checkable
class RecordedVerdicts(Protocol):
    """Looks up verdicts instead of asking for them."""

    def recorded(self, transcript_id: str, rubric: str, /) -> RecordedVerdict | None: ...


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """One entry a token: `offsets` in code points of the scored text, `logprobs` natural, None for the first."""

    offsets: Sequence[tuple[int, int]]
    logprobs: Sequence[float | None]


@runtime_checkable
class TokenScorer(Protocol):
    """Scores given text under a reference LM. `context` is conditioned on and not scored."""

    @property
    def model(self) -> str: ...

    def logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[TokenLogprobs]:
        """texts: (context, text) pairs; results in the same order."""
        ...


@dataclass(frozen=True, slots=True)
class CrossLogprobs:
    """One entry a token, NaN for the first of all: its log-probability under one model, and the cross-entropy in nats.

    The cross-entropy at a token is -sum_v p(v) log q(v), p the first model's and q the second's distribution there.
    """

    offsets: Sequence[tuple[int, int]]
    logprobs: Sequence[float]
    cross_entropies: Sequence[float]


@runtime_checkable
class CrossScorer(Protocol):
    """Two reference LMs over the same tokens."""

    @property
    def pair(self) -> str: ...

    def cross_logprobs(self, texts: Sequence[tuple[str, str]], /) -> list[CrossLogprobs]:
        """texts: (context, text) pairs; results in the same order."""
        ...
