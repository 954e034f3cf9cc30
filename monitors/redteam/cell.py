"""One cell: a coder, a size and a kind of payload against one arm, with every monitor and the oracle."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitors.coders.coder import Family
from monitors.redteam.detection import N_DRAWS, Detection, Scores, detect
from monitors.redteam.oracle import oracle_scores, reach_of
from monitors.redteam.results import Results, TextResult
from monitors.redteam.run import Plan
from monitors.redteam.trial import Arm, Outcome, Trial, clean_trial, made_by
from monitors.stats.errors import UndefinedMetric
from monitors.stats.likelihood_ratio import Sites, halves_of
from monitors.stats.share import LEAST_ORACLE, Proportion, share_of_oracle

ORACLE = "oracle"
# English prose under the usual tokenisers; said on the page, because the rate depends on it.
CHARACTERS_PER_TOKEN = 4.0


@dataclass(frozen=True, slots=True)
class CellData:
    """What a cell is measured from. `sites` are of covers, stegotexts and the other arm, by cover."""

    coder: str
    family: str
    kind: str
    size: int
    against: Arm
    n_covers: int
    outcomes: Mapping[str, int]
    halves: Mapping[str, int]
    cover_sites: Mapping[str, Sites]
    stego_sites: Mapping[str, Sites]
    other_sites: Mapping[str, Sites]
    stego: Mapping[str, Scores]
    other: Mapping[str, Scores]
    calibration: Mapping[str, Scores]


@dataclass(frozen=True, slots=True)
class Finding:
    """A monitor's detection, and its share of the oracle's."""

    detection: Detection
    share: Proportion


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as measured. `rates` are quartiles of payload bits per 1,000 tokens over the stegotexts."""

    coder: str
    family: str
    kind: str
    size: int
    against: Arm
    n_covers: int
    n_made: int
    outcomes: Mapping[str, int]
    rates: tuple[float, float, float] | None
    oracle: Detection
    findings: tuple[Finding, ...]

    @property
    def is_undetectable(self) -> bool:
        """The oracle itself finds nothing to speak of."""
        return self.oracle.auroc.value is not None and self.oracle.auroc.value < LEAST_ORACLE

    @property
    def best(self) -> Finding | None:
        """The monitor that flags most; None when none could be tested."""
        tested = [finding for finding in self.findings if finding.detection.flagged is not None]
        return max(tested, key=lambda found: _flagged(found.detection), default=None)


def cell_data(plan: Plan, results: Results) -> Iterator[CellData]:
    """The data of all cells, coder by coder."""
    by_group = halves_of([carrier.group for carrier in plan.carriers])
    halves = {carrier.id: by_group[carrier.group] for carrier in plan.carriers}
    clean = {name: _scores(plan, results, name, [clean_trial(cover) for cover in halves]) for name in plan.monitors}
    for coder in sorted(plan.coders.values(), key=lambda coder: (list(Family).index(coder.family), coder.name)):
        maker = made_by(coder)
        covers = _texts(results, [clean_trial(cover, coder) for cover in halves])
        for size in plan.sizes:
            sham_trials = [Trial(coder.name, maker, "", size, cover, Arm.SHAM) for cover in halves]
            for kind in plan.kinds:
                trials = [Trial(coder.name, maker, kind, size, cover, Arm.STEGO) for cover in halves]
                texts = _texts(results, trials)
                made = {cover: text for cover, text in texts.items() if text.outcome is Outcome.MADE}
                stego = {name: _scores(plan, results, name, trials) for name in plan.monitors}
                for against in (Arm.CLEAN, Arm.SHAM):
                    others = covers if against is Arm.CLEAN else _texts(results, sham_trials)
                    sham = {name: _scores(plan, results, name, sham_trials) for name in plan.monitors}
                    scores = clean if against is Arm.CLEAN else sham
                    yield CellData(
                        coder=coder.name,
                        family=coder.family,
                        kind=kind,
                        size=size,
                        against=against,
                        n_covers=len(texts),
                        outcomes=Counter(str(text.outcome) for text in texts.values()),
                        halves=halves,
                        cover_sites={cover: covers[cover].sites for cover in made if cover in covers},
                        stego_sites={cover: text.sites for cover, text in made.items()},
                        other_sites={c: t.sites for c, t in others.items() if t.outcome is Outcome.MADE and c in made},
                        stego=stego,
                        other={name: {c: s for c, s in scores[name].items() if c in made} for name in scores},
                        calibration=scores,
                    )


def measured(data: CellData) -> Cell:
    """The cell with its statistics: the slow part, and a function of the data alone."""
    stego_ratios, other_ratios = _oracle(data)
    oracle = detect(ORACLE, stego_ratios, other_ratios, calibration=other_ratios, halves=data.halves)
    findings = []
    for name in data.stego:
        detection = detect(
            name, data.stego[name], data.other[name], calibration=data.calibration[name], halves=data.halves
        )
        share = _share(data.stego[name], data.other[name], stego_ratios, other_ratios)
        findings.append(Finding(detection, share))
    return Cell(
        coder=data.coder,
        family=data.family,
        kind=data.kind,
        size=data.size,
        against=data.against,
        n_covers=data.n_covers,
        n_made=len(data.stego_sites),
        outcomes=data.outcomes,
        rates=_rates(data),
        oracle=oracle,
        findings=tuple(findings),
    )


def _texts(results: Results, trials: Sequence[Trial]) -> dict[str, TextResult]:
    return {trial.cover: results.texts[trial] for trial in trials if trial in results.texts}


def _scores(plan: Plan, results: Results, name: str, trials: Sequence[Trial]) -> dict[str, float | None]:
    keys = [(trial, name, plan.monitors[name]) for trial in trials]
    return {key[0].cover: results.scores[key].value for key in keys if key in results.scores}


def _oracle(data: CellData) -> tuple[dict[str, float | None], dict[str, float | None]]:
    covers = [cover for cover in data.stego_sites if cover in data.other_sites]
    positives = [data.stego_sites[cover] for cover in covers]
    negatives = [data.other_sites[cover] for cover in covers]
    paired = [cover for cover in covers if cover in data.cover_sites]
    try:
        reach = reach_of([data.stego_sites[c] for c in paired], [data.cover_sites[c] for c in paired])
        ratios = oracle_scores(positives, negatives, positive_groups=covers, negative_groups=covers, reach=reach)
    except UndefinedMetric:
        return {}, {}
    return dict(zip(covers, ratios.positives.tolist(), strict=True)), dict(
        zip(covers, ratios.negatives.tolist(), strict=True)
    )


def _share(stego: Scores, other: Scores, stego_ratios: Scores, other_ratios: Scores) -> Proportion:
    arms = (stego, other, stego_ratios, other_ratios)
    covers = [cover for cover in stego if all(arm.get(cover) is not None for arm in arms)]
    y_true = [True] * len(covers) + [False] * len(covers)
    of_monitor = np.array([arm[cover] for arm in (stego, other) for cover in covers], dtype=np.float64)
    of_oracle = np.array([arm[cover] for arm in (stego_ratios, other_ratios) for cover in covers], dtype=np.float64)
    try:
        return share_of_oracle(y_true, of_monitor, of_oracle, [*covers, *covers], n_draws=N_DRAWS)
    except UndefinedMetric as error:
        return Proportion(None, reason=str(error))


def _rates(data: CellData) -> tuple[float, float, float] | None:
    rates = [
        1000.0 * data.size * CHARACTERS_PER_TOKEN / max(sites.n_characters, 1) for sites in data.stego_sites.values()
    ]
    if len(rates) < 2:
        return (rates[0], rates[0], rates[0]) if rates else None
    low, middle, high = statistics.quantiles(rates, n=4, method="inclusive")
    return low, middle, high


def _flagged(detection: Detection) -> float:
    return detection.flagged.value if detection.flagged is not None else 0.0
