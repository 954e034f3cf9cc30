"""Figures for plotly.js as plain dictionaries, each with a title, a sentence and a table that say the same.

Colours are names of custom properties ("--series-1"): `chart.js` puts in what they are in the theme of the moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from monitors.base import State
from oversight.dashboard import words
from oversight.dashboard.coverage import MOST_LINES, DayOfModel
from oversight.dashboard.overview import LONGEST_BY_HOUR, FlagsInHour, MonitorStates, Overview

# Beside its colour every series has a pattern of its own.
PATTERNS = ("", "/", "x", ".", "-")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")
STATE_SERIES: tuple[tuple[str, str, str, str], ...] = (
    ("flagged", "Flagged", "--danger", ""),
    (State.SCORED, "Below threshold", "--control-line", ""),
    (State.PARTIAL, "Partly measured", "--warn", "."),
    (State.UNSCORED, "Could not measure", "--violet", "/"),
    (State.SKIPPED, "Not applicable", "--line", ""),
)
FEWEST_DAYS = 7


@dataclass(frozen=True, slots=True)
class Bins:
    """What one bar stands for; at most the last `most` of them are drawn."""

    name: str
    width: timedelta
    most: int
    format: str
    hover: str

    def start(self, at: datetime) -> datetime:
        return at.replace(hour=0) if self.name == "day" else at

    def told(self, start: datetime) -> str:
        return f"{start:%Y-%m-%d at %H:00}" if self.name == "hour" else f"{start:%Y-%m-%d}"


HOURS = Bins("hour", timedelta(hours=1), 72, "%Y-%m-%d %H:00", "%{x|%Y-%m-%d %H:00}")
DAYS = Bins("day", timedelta(days=1), 366, "%Y-%m-%d", "%{x|%Y-%m-%d}")


@dataclass(frozen=True, slots=True)
class Chart:
    """`rows` are the table view; its first column is the axis."""

    id: str
    title: str
    summary: str
    figure: dict[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def figure_id(self) -> str:
        """The block of JSON that the page carries for it."""
        return f"{self.id}-figure"


def charts_of(overview: Overview) -> tuple[Chart, ...]:
    """Those for which there is something to draw."""
    flags = (flags_over_time(overview.flags),) if overview.flags else ()
    rates = (flag_rate_by_model(overview.days),) if overview.days else ()
    return (*rates, *flags, *((states_by_monitor(overview.monitors),) if overview.monitors else ()))


def flag_rate_by_model(days: Sequence[DayOfModel]) -> Chart:
    """A line each for the models with the most transcripts; a day on which a model sent none has no point."""
    models = list(dict.fromkeys(one.model for one in days))
    names = {model: model or "not stated" for model in models}
    data = [
        _line(names[model], [one for one in days if one.model == model], index) for index, model in enumerate(models)
    ]
    by_day = {(one.day, one.model): one for one in days}
    received, flagged = sum(one.received for one in days), sum(one.flagged for one in days)
    shown = sorted({one.day for one in days}, reverse=True)[: DAYS.most]
    axis = {"title": {"text": "flagged"}, "tickformat": ".0%", "rangemode": "tozero"}
    # One day alone would stretch over microseconds.
    first = min(shown[-1], shown[0] - timedelta(days=FEWEST_DAYS - 1))
    ends = [(one - timedelta(hours=12)).isoformat() for one in map(_midnight, (first, shown[0] + timedelta(days=1)))]
    return Chart(
        id="rates",
        title="Flagged share by day received, by model",
        summary=f"{flagged:,} of {received:,} transcripts ({flagged / received:.1%}) on {len(shown):,}"
        f" day{'' if len(shown) == 1 else 's'} are flagged, of the models with the most (at most {MOST_LINES}).",
        figure={"data": data, "layout": {"yaxis": axis, "xaxis": {"type": "date", "range": ends}}},
        columns=("Day (UTC)", *names.values()),
        rows=tuple((f"{day}", *(_share_cell(by_day.get((day, model))) for model in models)) for day in shown),
    )


def _line(name: str, days: Sequence[DayOfModel], index: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [one.day.isoformat() for one in days],
        "y": [one.flagged / one.received for one in days],
        "customdata": [[one.flagged, one.received] for one in days],
        "line": {"color": f"--series-{index % 5 + 1}", "dash": DASHES[index % 5]},
        "marker": {"color": f"--series-{index % 5 + 1}", "symbol": SYMBOLS[index % 5], "size": 8},
        "hovertemplate": "%{x|%Y-%m-%d}<br>%{fullData.name}: %{customdata[0]:,} of %{customdata[1]:,}<extra></extra>",
    }


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _share_cell(one: DayOfModel | None) -> str:
    return f"{one.flagged:,} of {one.received:,}" if one else "–"


def flags_over_time(flags: Sequence[FlagsInHour]) -> Chart:
    """Stacked bars; an hour or day without a flag is an empty place and not left out."""
    monitors = list(dict.fromkeys(flag.monitor for flag in sorted(flags, key=lambda f: f.monitor)))
    first, last = min(f.hour for f in flags), max(f.hour for f in flags)
    bins = HOURS if last - first < LONGEST_BY_HOUR else DAYS
    counts: Counter[tuple[datetime, str]] = Counter()
    for flag in flags:
        counts[bins.start(flag.hour), flag.monitor] += flag.count
    last = bins.start(last)
    n_bins = min(bins.most, int((last - bins.start(first)) / bins.width) + 1)
    starts = [last - n * bins.width for n in reversed(range(n_bins))]
    titles = [words.monitor_title(monitor) for monitor in monitors]
    data = [
        _bar(title, [start.isoformat() for start in starts], [counts[start, monitor] for start in starts], index, bins)
        for index, (monitor, title) in enumerate(zip(monitors, titles, strict=True))
    ]
    sums = {start: sum(counts[start, m] for m in monitors) for start in starts}
    busiest = max(starts, key=lambda start: sums[start])
    total, most = sum(counts.values()), sums[busiest]
    xaxis = {
        "type": "date",
        "range": [
            (last - bins.width * (max(n_bins, 12) - 0.5)).isoformat(),
            (last + bins.width / 2).isoformat(),
        ],
    }
    yaxis = {"title": {"text": "flags"}, "rangemode": "tozero", **({"dtick": 1} if most <= 8 else {})}
    return Chart(
        id="flags",
        title=f"Flags per {bins.name}, by monitor",
        summary=f"{total:,} flag{'' if total == 1 else 's'} in {n_bins:,} {bins.name}{'' if n_bins == 1 else 's'}; the"
        f" most in one {bins.name}, {most:,}, on {bins.told(busiest)} UTC.",
        figure={"data": data, "layout": {"barmode": "stack", "bargap": 0.15, "xaxis": xaxis, "yaxis": yaxis}},
        columns=(f"{bins.name.capitalize()} (UTC)", *titles),
        rows=tuple(
            (f"{start:{bins.format}}", *(f"{counts[start, m]:,}" for m in monitors))
            for start in reversed(starts)
            if sums[start]
        ),
    )


def states_by_monitor(monitors: Sequence[MonitorStates]) -> Chart:
    """One bar a monitor, divided by what became of its runs."""
    names = [monitor.title for monitor in reversed(monitors)]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": names,
            "x": [monitor.counts.get(state, 0) for monitor in reversed(monitors)],
            "marker": {"color": colour, "pattern": {"shape": pattern, "size": 6}},
            "hovertemplate": "%{y}<br>%{fullData.name}: %{x:,}<extra></extra>",
        }
        for state, name, colour, pattern in STATE_SERIES
        if any(monitor.counts.get(state) for monitor in monitors)
    ]
    worst = max(monitors, key=lambda m: m.counts.get(State.UNSCORED, 0) / m.total)
    unscored = worst.counts.get(State.UNSCORED, 0)
    return Chart(
        id="states",
        title="What became of each monitor's runs",
        summary=f"{worst.title} could not measure {unscored:,} of {worst.total:,}."
        if unscored
        else "Every monitor could measure what it was given.",
        figure={
            "data": data,
            "layout": {"barmode": "stack", "bargap": 0.4, "yaxis": {"tickfont": {"color": "--text"}}},
        },
        columns=("Monitor", *(name for _, name, _, _ in STATE_SERIES)),
        rows=tuple((m.title, *(f"{m.counts.get(state, 0):,}" for state, _, _, _ in STATE_SERIES)) for m in monitors),
    )


def _bar(name: str, x: list[str], y: list[int], index: int, bins: Bins) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": x,
        "y": y,
        "width": 0.85 * bins.width / timedelta(milliseconds=1),
        "marker": {"color": f"--series-{index % 5 + 1}", "pattern": {"shape": PATTERNS[index % 5], "size": 6}},
        "hovertemplate": f"{bins.hover}<br>%{{fullData.name}}: %{{y:,}}<extra></extra>",
    }
