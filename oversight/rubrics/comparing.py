"""Two runs on the same transcripts: what changed, the changed verdicts first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from monitors.stats.agreement import cohen_kappa
from monitors.stats.errors import UndefinedMetric
from oversight.accounts.models import User
from oversight.dashboard import words
from oversight.rubrics.models import Result, RubricRun
from oversight.rubrics.results import POSITIVE, seen
from oversight.transcripts.models import Transcript

MOST_PAIRS, MOST_SHOWN, MOST_POINTS = 20_000, 200, 2_000


@dataclass(frozen=True, slots=True)
class Pair:
    """One transcript in both runs; a value is None where there was no verdict, and the reason says why."""

    transcript_id: UUID
    a_id: int
    b_id: int
    a_value: float | None
    b_value: float | None
    a_reason: str
    b_reason: str

    @property
    def is_changed(self) -> bool:
        """A verdict turned round, appeared, or went away."""
        return _side(self.a_value) != _side(self.b_value)

    @property
    def shift(self) -> float:
        return abs((self.b_value or 0.0) - (self.a_value or 0.0))


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair with what a page calls its transcript."""

    pair: Pair
    external_id: str
    a_word: str
    b_word: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`kappa` is None where it is not defined: one verdict only, or no transcript in both."""

    a: RubricRun
    b: RubricRun
    n_common: int
    n_both: int
    n_changed: int
    n_appeared: int
    kappa: float | None
    is_capped: bool
    rows: tuple[PairRow, ...]
    points: tuple[Pair, ...]


def compare(a: RubricRun, b: RubricRun, user: User) -> Comparison:
    """Of what this person may see. Three queries."""
    pairs = list(_pairs(a, b, user))
    both = [pair for pair in pairs if pair.a_value is not None and pair.b_value is not None]
    ordered = sorted(pairs, key=lambda pair: (not pair.is_changed, -pair.shift, str(pair.transcript_id)))
    step = max(1, len(both) // MOST_POINTS)
    return Comparison(
        a=a,
        b=b,
        n_common=len(pairs),
        n_both=len(both),
        n_changed=sum(pair.is_changed for pair in both),
        n_appeared=sum(pair.is_changed for pair in pairs) - sum(pair.is_changed for pair in both),
        kappa=_kappa(both),
        is_capped=len(pairs) == MOST_PAIRS,
        rows=tuple(_rows(ordered[:MOST_SHOWN])),
        points=tuple(both[::step]),
    )


def _pairs(a: RubricRun, b: RubricRun, user: User) -> Iterator[Pair]:
    columns = ("transcript_id", "pk", "value", "reason")
    first = {
        transcript_id: (pk, value, reason) for transcript_id, pk, value, reason in seen(a, user).values_list(*columns)
    }
    others = seen(b, user).filter(transcript__in=Result.objects.filter(run=a).values("transcript"))
    for transcript_id, pk, value, reason in others.order_by("pk").values_list(*columns)[:MOST_PAIRS]:
        if transcript_id in first:
            a_id, a_value, a_reason = first[transcript_id]
            yield Pair(transcript_id, a_id, pk, a_value, value, a_reason, reason)


def _rows(pairs: list[Pair]) -> Iterator[PairRow]:
    heads = Transcript.objects.filter(pk__in=[pair.transcript_id for pair in pairs])
    names = dict(heads.values_list("pk", "external_id"))
    for pair in pairs:
        if pair.transcript_id in names:
            words_ = _word(pair.a_value, pair.a_reason), _word(pair.b_value, pair.b_reason)
            yield PairRow(pair, names[pair.transcript_id], *words_)


def _side(value: float | None) -> bool | None:
    return None if value is None else value >= POSITIVE


def _word(value: float | None, reason: str) -> str:
    if value is None:
        return words.reason_in_words(reason)
    return "Positive" if value >= POSITIVE else "Negative"


def _kappa(both: list[Pair]) -> float | None:
    try:
        return float(cohen_kappa([_side(pair.a_value) for pair in both], [_side(pair.b_value) for pair in both]))
    except (UndefinedMetric, ValueError):
        return None
