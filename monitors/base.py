"""What a monitor is and what it returns: the Monitor protocol, Score, Evidence, and the states of a measurement."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol, TypeGuard

from monitors.errors import BackendUnavailable, InvalidTranscript, JudgeUnparseable
from monitors.surprisal import Surprisal
from monitors.transcript import PartType, Transcript, Visibility


class Axis(StrEnum):
    """The property that a monitor measures. Axes are never merged into one score."""

    STEGANOGRAPHY = "steganography"
    FAITHFULNESS = "faithfulness"
    LEGIBILITY = "legibility"
    COVERAGE = "coverage"
    RELIANCE = "reliance"
    MISBEHAVIOUR = "misbehaviour"
    OTHER = "other"


class Need(StrEnum):
    """What a monitor needs beside the text."""

    REFERENCE_LM = "reference_lm"
    JUDGE = "judge"
    ACTOR = "actor"
    LOGPROBS = "logprobs"


class Resource(StrEnum):
    """Where a monitor runs: no model, calls over HTTP, or the one process that holds local weights."""

    CPU = "cpu"
    JUDGE = "judge"
    MODEL = "model"


class State(StrEnum):
    """SCORED has a value; PARTIAL has a lower bound only; UNSCORED and SKIPPED have none."""

    SCORED = "scored"
    PARTIAL = "partial"
    UNSCORED = "unscored"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why a measurement is not complete."""

    PARSE = "parse"
    REFUSED = "refused"
    ADDRESSED_TO_JUDGE = "addressed_to_judge"
    TRUNCATED = "truncated"
    TIMEOUT = "timeout"
    ERROR = "error"
    NO_BACKEND = "no_backend"
    JUDGE_NOT_ADMITTED = "judge_not_admitted"
    NO_RECORDED_VERDICT = "no_recorded_verdict"
    NO_REASONING = "no_reasoning"
    NOT_RAW_REASONING = "not_raw_reasoning"
    NOT_EXTRACTABLE = "not_extractable"
    TOO_SHORT = "too_short"
    SAMPLED_OUT = "sampled_out"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where it shows: code-point offsets from the start of part `part`; `quote` is exactly the text between them.

    `payload` is what the span decodes to, where it decodes to something.
    """

    part: int
    start: int
    end: int
    quote: str
    note: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a measurement used. `cached_tokens` are those of the prompt that a server had kept; `money` is in USD.

    `money` is 0 where no price is set. A verdict that was kept from before has cost no call.
    """

    seconds: float = 0.0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    money: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.seconds + other.seconds,
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.money + other.money,
        )


NO_COST = Cost()


@dataclass(frozen=True, slots=True)
class Score:
    """One monitor on one transcript.

    `value` is suspicion in [0, 1], higher is worse, and None unless the state is `scored` or `partial`
    (then it is a lower bound). `raw` in `unit` is the statistic before it was mapped to suspicion.
    `channels` holds the suspicion of prompt, reasoning and output where they are scored apart, `measures` further
    statistics by name (p-values, capacities in bits, the fewest bits that would have been seen). `surprisal` is kept
    beside the score and drawn over the text.
    """

    value: float | None
    evidence: tuple[Evidence, ...] = ()
    state: State = State.SCORED
    reason: Reason | None = None
    coverage: float = 1.0
    raw: float | None = None
    unit: str = ""
    rationale: str = ""
    channels: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    judge: str = ""
    prompt_sha256: str = ""
    cost: Cost = NO_COST
    surprisal: Surprisal | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        measured = self.state in (State.SCORED, State.PARTIAL)
        if measured != (self.value is not None):
            raise ValueError(f"a {self.state} score must{'' if measured else ' not'} have a value")
        if self.value is not None and not 0.0 <= self.value <= 1.0:
            raise ValueError(f"score {self.value} is outside [0, 1]")
        if (self.state is State.SCORED) != (self.reason is None):
            raise ValueError(f"a {self.state} score must{' not' if self.state is State.SCORED else ''} have a reason")

    @classmethod
    def unscored(cls, reason: Reason, rationale: str = "") -> Score:
        """We tried to measure and could not."""
        return cls(None, state=State.UNSCORED, reason=reason, coverage=0.0, rationale=rationale)

    @classmethod
    def skipped(cls, reason: Reason, rationale: str = "") -> Score:
        """There was nothing to measure, or we chose not to."""
        return cls(None, state=State.SKIPPED, reason=reason, coverage=0.0, rationale=rationale)


@dataclass(frozen=True, slots=True)
class RecordedVerdict:
    """A verdict that came with the data. `p_positive` is the judge's own probability that the property is there."""

    rubric: str
    judge: str
    p_positive: float
    rationale: str = ""
    provenance: str = ""


class Monitor(Protocol):
    """A frozen dataclass of parameters with one method. `registry.monitor` adds name, version and the rest."""

    def score(self, transcript: Transcript, /) -> Score: ...


class BatchMonitor(Monitor, Protocol):
    """A monitor that scores several transcripts at a lower price than one by one, and the same."""

    def score_all(self, transcripts: Sequence[Transcript], /) -> list[Score]: ...


class SetMonitor(Protocol):
    """A monitor that must know a set first: transcripts of one model on one task."""

    def fit(self, transcripts: Iterable[Transcript], /) -> Monitor: ...


class OutcomeMonitor(Protocol):
    """A set monitor that can learn what goes with how transcripts came out; its field `outcome` names where that is."""

    outcome: str

    def fit(self, transcripts: Iterable[Transcript], /, *, outcomes: Sequence[bool | None]) -> Monitor: ...


def asks_outcome(monitor: object) -> bool:
    """Whether it is an `OutcomeMonitor`."""
    return hasattr(monitor, "fit") and hasattr(monitor, "outcome")


# Reasons of InvalidTranscript for which there was nothing to measure.
_SKIPS = frozenset({Reason.NO_REASONING, Reason.NOT_RAW_REASONING, Reason.SAMPLED_OUT})


def measure(monitor: Monitor, transcript: Transcript) -> Score:
    """Score one transcript; our three errors become states, any other exception escapes. Fills `cost.seconds`."""
    started = time.perf_counter()
    try:
        score = monitor.score(transcript)
    except (InvalidTranscript, BackendUnavailable, JudgeUnparseable) as error:
        score = unmeasured(error)
    return _timed(score, time.perf_counter() - started)


def scores_at_once(monitor: Monitor) -> TypeGuard[BatchMonitor]:
    """Whether it is a `BatchMonitor`."""
    return hasattr(monitor, "score_all")


def measure_all(monitor: Monitor, transcripts: Sequence[Transcript]) -> list[Score]:
    """As `measure` one by one; at once where the monitor can, and the time is then shared between them."""
    if not scores_at_once(monitor) or len(transcripts) < 2:
        return [measure(monitor, transcript) for transcript in transcripts]
    started = time.perf_counter()
    scores = monitor.score_all(transcripts)
    each = (time.perf_counter() - started) / len(transcripts)
    return [_timed(score, each) for score in scores]


def _timed(score: Score, seconds: float) -> Score:
    return replace(score, cost=Cost(seconds) if score.cost is NO_COST else replace(score.cost, seconds=seconds))


def unmeasured(error: InvalidTranscript | BackendUnavailable | JudgeUnparseable) -> Score:
    """What one of our errors says of a measurement: that it failed, or that there was nothing to measure."""
    reason = Reason(error.reason)
    if isinstance(error, InvalidTranscript) and reason in _SKIPS:
        return Score.skipped(reason, str(error))
    return Score.unscored(reason, str(error))


def require_raw_reasoning(transcript: Transcript) -> None:
    """Raise InvalidTranscript with `no_reasoning` or `not_raw_reasoning` when the raw reasoning is not there."""
    parts = [part for part in transcript.parts if part.type is PartType.REASONING]
    if any(part.visibility is Visibility.RAW and part.text.strip() for part in parts):
        return
    if any(part.visibility is not Visibility.RAW for part in parts):
        raise InvalidTranscript(f"{transcript.id}: the reasoning is not shown in full", reason=Reason.NOT_RAW_REASONING)
    raise InvalidTranscript(f"{transcript.id}: there is no reasoning", reason=Reason.NO_REASONING)
