"""The figures of a judge's history: canaries day by day, its scores with version marks, and the chart of drift."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from oversight.accounts.models import User
from oversight.dashboard.charts import Chart
from oversight.dashboard.history_charts import quantiles
from oversight.dashboard.score_history import History, history
from oversight.judges.models import Canary, CanaryState, Outcome
from oversight.judges.stream import BLOCK, REFERENCE_BLOCKS
from oversight.lib import clock
from oversight.monitoring.models import Deployment

MOST_DAYS = 90
# Beside its colour every outcome has a pattern of its own.
SERIES = (
    (Outcome.FOUND, "Positive found", "--ok", ""),
    (Outcome.ESCALATED, "Escalated", "--series-2", "/"),
    (Outcome.PASSED, "Negative passed", "--control-line", "."),
    (Outcome.MISSED, "Missed", "--danger", "x"),
    (Outcome.FALSE_ALARM, "False alarm", "--warn", "-"),
    (Outcome.UNMEASURED, "No verdict", "--violet", "+"),
)
_WRONG = (Outcome.MISSED, Outcome.FALSE_ALARM)


def charts_of(deployment: Deployment, figures: Mapping[str, Any], *, reader: User) -> tuple[Chart, ...]:
    """Those for which there is something to draw. Six queries."""
    days, past = _days(deployment), history(deployment, "all", reader=reader)
    drawn = [canaries(days, past)] if days else []
    if past.n_measured:
        drawn.append(quantiles(past))
    found = (figures.get("drift") or {}).get("chart")
    if found and not found["reason"]:
        drawn.append(drift(found))
    return tuple(drawn)


def _days(deployment: Deployment) -> dict[date, Counter[str]]:
    since = clock.now() - timedelta(days=MOST_DAYS)
    rows = Canary.objects.filter(deployment=deployment, state=CanaryState.DONE, ended_at__gte=since)
    days: dict[date, Counter[str]] = defaultdict(Counter)
    for at, outcome in rows.order_by("ended_at").values_list("ended_at", "outcome"):
        if at is not None:
            days[at.date()][outcome] += 1
    return dict(days)


def canaries(days: Mapping[date, Counter[str]], past: History) -> Chart:
    """Stacked by what became of them."""
    first, last = min(days), max(days)
    n = max((last - first).days + 1, 14)
    shown = [last - timedelta(days=place) for place in reversed(range(n))]
    total = sum(days.values(), Counter[str]())
    data = [
        {
            **{"type": "bar", "name": name, "x": [day.isoformat() for day in shown]},
            "y": [days.get(day, Counter())[outcome] for day in shown],
            "marker": {"color": colour, "pattern": {"shape": pattern, "size": 6}},
            "hovertemplate": "%{x}<br>%{fullData.name}: %{y:,}<extra></extra>",
        }
        for outcome, name, colour, pattern in SERIES
        if total[outcome]
    ]
    marks = [mark for mark in past.marks if mark.at.date() >= shown[0]]
    layout = {
        "barmode": "stack",
        "bargap": 0.15,
        "xaxis": {"type": "date"},
        "yaxis": {"title": {"text": "canaries"}, "rangemode": "tozero"},
        "shapes": [
            {
                **{"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"},
                **{"x0": mark.at.date().isoformat(), "x1": mark.at.date().isoformat()},
                "line": {"color": "--control-line", "width": 1, "dash": "dot"},
            }
            for mark in marks
        ],
    }
    n_wrong = sum(total[outcome] for outcome in _WRONG)
    return Chart(
        id="canaries",
        title="Canaries by day",
        summary=f"{total.total():,} canaries, {n_wrong:,} of them gone wrong"
        f" ({total[Outcome.MISSED]:,} missed, {total[Outcome.FALSE_ALARM]:,} flagged for nothing);"
        f" {total[Outcome.UNMEASURED]:,} without a verdict.",
        figure={"data": data, "layout": layout},
        columns=("Day (UTC)", *(name for _, name, *_ in SERIES)),
        rows=tuple(
            (f"{day:%Y-%m-%d}", *(f"{days[day][outcome]:,}" for outcome, *_ in SERIES))
            for day in reversed(shown)
            if day in days
        ),
    )


def drift(found: Mapping[str, Any]) -> Chart:
    """The two sums after each block, and the limit."""
    places = [(REFERENCE_BLOCKS + number + 1) * BLOCK for number in range(len(found["rise"]))]
    series = (("Rises", found["rise"], "--series-1", "solid"), ("Falls", found["fall"], "--series-5", "dash"))
    data = [
        {
            **{"type": "scatter", "mode": "lines+markers", "name": name, "x": places, "y": values},
            "line": {"color": colour, "width": 2, "dash": dash},
            "hovertemplate": "after %{x:,} scores<br>%{fullData.name}: %{y:.2f}<extra></extra>",
        }
        for name, values, colour, dash in series
    ]
    level = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": found["limit"], "y1": found["limit"]}
    out = "Neither has left the limit." if found["first"] is None else f"The limit was passed after {found['first']:,}."
    return Chart(
        id="drift",
        title="Drift within this version (CUSUM)",
        summary=f"Sums of what blocks of {BLOCK} scores lie above or below the first {found['n_reference']:,}, in"
        f" standard errors; the line across is the limit, {found['limit']:.1f}. {out}",
        figure={
            "data": data,
            "layout": {
                "xaxis": {"title": {"text": "scores into this version"}},
                "yaxis": {"title": {"text": "sum"}, "rangemode": "tozero"},
                "shapes": [{**level, "line": {"color": "--danger", "width": 1}}],
            },
        },
        columns=("Scores", "Mean of block", "Rises", "Falls"),
        rows=tuple(
            (f"{place:,}", f"{mean:.4f}", f"{rise:.2f}", f"{fall:.2f}")
            for place, mean, rise, fall in zip(
                places, found["means"][REFERENCE_BLOCKS:], found["rise"], found["fall"], strict=True
            )
        )[::-1],
    )
