"""What the quality page shows of one deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitors import registry
from oversight.dashboard.charts import Chart
from oversight.monitoring.models import Deployment
from oversight.quality import labels, operating, reports, rivals
from oversight.quality.charts import charts_of
from oversight.quality.figures import TITLES
from oversight.quality.labels import HUMAN, Source
from oversight.quality.models import Report
from oversight.quality.reports import Selection
from oversight.quality.rivals import Rival
from oversight.quality.wording import BASELINE_TITLES, Terms, terms
from oversight.review.models import ItemState, ReviewItem

STATES = {
    "partial": "measured in part",
    "unscored": "could not be measured",
    "skipped": "not applicable",
}
RANKED = ("auroc", "auprc", "tpr_at_fpr_1", "tpr_at_fpr_5")


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen, and what is. `selection` is None where there is no label at all."""

    sources: tuple[Source, ...]
    rivals: tuple[Rival, ...]
    selection: Selection | None
    budget: int | None


@dataclass(frozen=True, slots=True)
class Human:
    """How many labels by people there are, and what waits for one."""

    n: int
    n_open: int


@dataclass(frozen=True, slots=True)
class Computed:
    """A report in words and charts."""

    report_id: int
    at: datetime
    figures: Mapping[str, Any]
    terms: Terms
    heads: tuple[tuple[str, Mapping[str, Any]], ...]
    left_out: tuple[tuple[str, int], ...]
    charts: tuple[Chart, ...]
    table: tuple[operating.Row, ...]
    a_day: float
    is_of_flagged: bool
    is_same_judge: bool
    n_own_thresholds: int

    @property
    def asked(self) -> operating.Row:
        return next(row for row in self.table if row.is_asked)


@dataclass(frozen=True, slots=True)
class QualityPage:
    """`computed` is None until a worker has done it; `asked_at` says that one was asked."""

    choices: Choices
    human: Human
    report: Report | None
    computed: Computed | None
    missing: tuple[str, ...]


def choices(deployment: Deployment, asked: Mapping[str, str]) -> Choices:
    """From a query string; what it names and is not there falls back to the default."""
    found, others = labels.sources(deployment.project_id), rivals.rivals(deployment)
    entry = registry.entries().get(deployment.monitor)
    source = next((one for one in found if one.key == asked.get("labels")), None)
    source = source or labels.default(found, deployment, entry.axis if entry else "")
    against = next((one.key for one in others if one.key == asked.get("against")), "")
    selection = None
    if source is not None:
        said = {"true": True, "false": False}.get(asked.get("positive", ""))
        # Which value is positive is a question of the label: another label begins with its own answer.
        named = asked.get("labels") == source.key
        selection = Selection(source, said if said is not None and named else source.true_is_positive, against)
    return Choices(found, others, selection, _budget(asked.get("budget", "")))


def _budget(said: str) -> int | None:
    return min(int(said), operating.MOST_BUDGET) or None if said.isdecimal() and len(said) < 10 else None


def quality_page(deployment: Deployment, chosen: Choices) -> QualityPage:
    """A dozen queries at most, none of a text; what takes long is computed by a worker."""
    report = reports.report_for(deployment, chosen.selection) if chosen.selection else None
    return QualityPage(
        choices=chosen,
        human=_human(deployment, chosen.sources),
        report=report,
        computed=computed(deployment, report, chosen) if report and report.computed_at else None,
        missing=tuple(BASELINE_TITLES[name] for name in rivals.missing(deployment)),
    )


def _human(deployment: Deployment, found: tuple[Source, ...]) -> Human:
    waiting = ReviewItem.objects.filter(project_id=deployment.project_id, state=ItemState.OPEN).count()
    return Human(sum(one.n for one in found if one.provenance == HUMAN), waiting)


def computed(deployment: Deployment, report: Report, chosen: Choices) -> Computed | None:
    """The kept figures with the operating table for the budget of now."""
    if report.computed_at is None or chosen.selection is None:
        return None
    source, figures = chosen.selection.source, report.figures
    numbers = operating.unpacked(bytes(report.packed), figures["stream"])
    said = terms(source, positive=chosen.selection.positive, is_of_flagged=numbers.is_of_flagged)
    table = operating.table(numbers, deployment.threshold, deployment.model_thresholds, chosen.budget)
    judge = source.judge.lower()
    return Computed(
        report_id=report.pk,
        at=report.computed_at,
        figures=figures,
        terms=said,
        heads=tuple(_heads(figures)),
        left_out=tuple((STATES.get(state, state), n) for state, n in sorted(figures["excluded"].items())),
        charts=charts_of(figures, said, table[0]),
        table=table,
        a_day=numbers.a_day,
        is_of_flagged=numbers.is_of_flagged,
        is_same_judge=bool(judge) and any(judge in one.lower() for one in figures["judges"]),
        n_own_thresholds=len(deployment.model_thresholds),
    )


def _heads(figures: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in RANKED:
        yield TITLES[name], figures["metrics"][name]


def basis_of(found: Computed, chosen: Choices) -> dict[str, Any]:
    """What a threshold rests on, for the version that has it: numbers, and the sentence that the page shows."""
    selection, row = chosen.selection, found.asked
    if selection is None:
        return {}
    source = selection.source
    said = (
        f"{row.name} by {found.terms.title.lower()}: {_share(found.terms.precision, row.precision)},"
        f" {_share(found.terms.recall, row.recall)}; label “{source.title}” by {source.made_by},"
        f" {found.figures['n']:,} labels, {found.figures['n_positive']:,} positive,"
        f" computed {found.at:%Y-%m-%d %H:%M} UTC"
    )
    return {
        "quality": {
            "said": said,
            "labels": source.key,
            "provenance": source.provenance,
            "n": found.figures["n"],
            "n_positive": found.figures["n_positive"],
            "computed_at": found.at.isoformat(),
            **row.figures(),
        }
    }


def _share(name: str, share: operating.Share) -> str:
    if share.value is None or share.low is None or share.high is None:
        return f"{name.lower()} not estimable ({share.reason})"
    return f"{name.lower()} {100 * share.value:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}]"
