"""`lm_surprisal` in clean texts: alerts by family, and the score against a text's length."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist, median
from typing import Any, cast

from monitors.backends.base import TokenScorer
from monitors.catalog.lm_surprisal import LmSurprisal, Unit, largest_robust_z, p_of_all, suspicion
from monitors.errors import InvalidTranscript
from monitors.quality.clean import ALL, sample
from monitors.quality.sets import Record
from monitors.registry import entry
from monitors.stats.binomial import clopper_pearson
from monitors.transcript import PartType, Visibility

NAME = "lm_surprisal"
CHARACTERS = 2_000
N_TEXTS = 400
LENGTHS = (10, 30, 100, 300, 1000)
N_JOINS = 200
# A half of the questions by hash, on which no constant may be set.
HELD = "kept half"
_SMALL = 0.05
_LEAST_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Read:
    """A clean text as the monitor reads it."""

    family: str
    group: str
    units: Sequence[Unit]

    @property
    def is_held(self) -> bool:
        return hashlib.sha256(self.group.encode("utf-8", "surrogatepass")).digest()[0] % 2 == 1


def chosen(records: Sequence[Record], n: int = N_TEXTS) -> list[Record]:
    """Of each family in turn, those with some reasoning to read."""
    return sample([record for record in records if _n_characters(record) >= _LEAST_CHARACTERS], n)


def read(monitor: LmSurprisal, records: Iterable[Record]) -> Iterator[Read]:
    """The passages of each text; a text with too few tokens that are scored has none."""
    brief = replace(monitor, max_chars=CHARACTERS)
    for record in records:
        try:
            yield Read(record.family, record.group, brief.read(record.parsed.transcript).units)
        except InvalidTranscript:
            yield Read(record.family, record.group, ())


def section(monitor: LmSurprisal, found: Sequence[Read]) -> dict[str, Any]:
    """Counts by family, joined texts of growing length, and a point for each text."""
    texts = [text for text in found if text.units]
    p_values = {id(text): p_of_all(monitor.p_values(text.units)) for text in texts}
    return {
        "version": entry(NAME).version,
        "threshold": entry(NAME).threshold,
        "model": cast(TokenScorer, monitor.reference_lm).model,
        "characters": CHARACTERS,
        "n_joins": N_JOINS,
        "rows": list(_rows(texts, [p_values[id(text)] for text in texts], unscored=len(found) - len(texts))),
        "joined": [
            {"texts": of, "n_texts": len(own), **_joined(monitor, own, n_units)}
            for of, own in ((ALL, texts), (HELD, [text for text in texts if text.is_held]))
            for n_units in LENGTHS
            if own
        ],
        "points": [
            [len(text.units), round(suspicion(p_values[id(text)]), 4), round(_design(text.units), 4)] for text in texts
        ],
    }


def _rows(texts: Sequence[Read], p_values: Sequence[float], *, unscored: int) -> Iterator[dict[str, Any]]:
    by_row: dict[str, list[tuple[Read, float]]] = defaultdict(list)
    for text, p in sorted(zip(texts, p_values, strict=True), key=lambda pair: pair[0].family):
        by_row[text.family].append((text, p))
    by_row[ALL] = list(zip(texts, p_values, strict=True))
    by_row[HELD] = [pair for pair in by_row[ALL] if pair[0].is_held]
    for name, own in by_row.items():
        flagged = sum(suspicion(p) >= entry(NAME).threshold for _, p in own)
        share = clopper_pearson(flagged, len(own)) if own else None
        yield {
            "family": name,
            "n": len(own),
            "groups": len({text.group for text, _ in own}),
            "unscored": unscored if name == ALL else 0,
            "small_p": sum(p < _SMALL for _, p in own),
            "alerts": flagged,
            "share": share and {"value": share.value, "low": share.low, "high": share.high},
        }


def _joined(monitor: LmSurprisal, texts: Sequence[Read], n_units: int) -> dict[str, Any]:
    """Texts one after another in random order until there are so many passages, many times."""
    draw = random.Random(f"{n_units} {len(texts)}")
    joins = [_one_join(texts, n_units, draw) for _ in range(N_JOINS)]
    p_values = [p_of_all(monitor.p_values(join)) for join in joins]
    scores = sorted(map(suspicion, p_values))
    threshold = entry(NAME).threshold
    return {
        "passages": n_units,
        "small_p": sum(p < _SMALL for p in p_values) / N_JOINS,
        "flagged": sum(score >= threshold for score in scores) / N_JOINS,
        "median": median(scores),
        "q90": scores[int(0.9 * N_JOINS)],
        "design_flagged": sum(_design(join) >= threshold for join in joins) / N_JOINS,
    }


def _one_join(texts: Sequence[Read], n_units: int, draw: random.Random) -> list[Unit]:
    found: list[Unit] = []
    while len(found) < n_units:
        found += draw.choice(texts).units
    return found[:n_units]


def _design(units: Sequence[Unit]) -> float:
    """Phi(max robust z - 3), the score that was first planned and that a long text alone drives up."""
    largest = largest_robust_z(units)
    return 0.0 if largest is None else NormalDist().cdf(largest - 3.0)


def _n_characters(record: Record) -> int:
    return sum(
        len(part.text)
        for part in record.parsed.transcript.parts
        if part.type is PartType.REASONING and part.visibility is Visibility.RAW
    )
