"""Figures for plotly.js as plain dictionaries, each with a title, a sentence and a table that say the same.

Colours are names of custom properties ("--series-1"): `chart.js` puts in what they are in the theme of the moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitors.base import State
from oversight.dashboard import words
from oversight.dashboard.overview import FlagsInHour, MonitorStates, Overview

# Beside its colour every series has a pattern of its own.
PATTERNS = ("", "/", "x", ".", "-")
STATE_SERIES: tuple[tuple[str, str, str, str], ...] = (
    ("flagged", "Flagged", "--danger", ""),
    (State.SCORED, "Below threshold", "--control-line", ""),
    (State.PARTIAL, "Partly measured", "--warn", "."),
    (State.UNSCORED, "Could not measure", "--violet", "/"),
    (State.SKIPPED, "Not applicable", "--line", ""),
)
MOST_HOURS = 24 * 31


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
    flags = (flags_per_hour(overview.flags),) if overview.flags else ()
    return (*flags, *((states_by_monitor(overview.monitors),) if overview.monitors else ()))


def flags_per_hour(flags: Sequence[FlagsInHour]) -> Chart:
    """Stacked bars; an hour without a flag is an empty place and not left out."""
    monitors = list(dict.fromkeys(flag.monitor for flag in sorted(flags, key=lambda f: f.monitor)))
    counts = {(flag.hour, flag.monitor): flag.count for flag in flags}
    first, last = min(f.hour for f in flags), max(f.hour for f in flags)
    n_hours = min(MOST_HOURS, int((last - first) / timedelta(hours=1)) + 1)
    hours = [last - timedelta(hours=n) for n in reversed(range(n_hours))]
    titles = [words.monitor_title(monitor) for monitor in monitors]
    data = [
        _bar(title, [hour.isoformat() for hour in hours], [counts.get((hour, monitor), 0) for hour in hours], index)
        for index, (monitor, title) in enumerate(zip(monitors, titles, strict=True))
    ]
    busiest = max(hours, key=lambda hour: sum(counts.get((hour, m), 0) for m in monitors))
    total, most = sum(counts.values()), sum(counts.get((busiest, m), 0) for m in monitors)
    xaxis = {
        "type": "date",
        "range": [
            (hours[-1] - timedelta(hours=max(n_hours, 12) - 0.5)).isoformat(),
            (last + timedelta(minutes=30)).isoformat(),
        ],
    }
    yaxis = {"title": {"text": "flags"}, "rangemode": "tozero", **({"dtick": 1} if most <= 8 else {})}
    return Chart(
        id="flags",
        title="Flags per hour, by monitor",
        summary=f"{total:,} flag{'' if total == 1 else 's'} in {n_hours:,} hour{'' if n_hours == 1 else 's'}; the"
        f" most in one hour, {most:,}, on {busiest:%Y-%m-%d at %H:00} UTC.",
        figure={"data": data, "layout": {"barmode": "stack", "bargap": 0.15, "xaxis": xaxis, "yaxis": yaxis}},
        columns=("Hour (UTC)", *titles),
        rows=tuple(
            (f"{hour:%Y-%m-%d %H:00}", *(f"{counts.get((hour, m), 0):,}" for m in monitors))
            for hour in reversed(hours)
            if any(counts.get((hour, m)) for m in monitors)
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


def _bar(name: str, x: list[str], y: list[int], index: int) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": x,
        "y": y,
        "width": 0.85 * 3_600_000,
        "marker": {"color": f"--series-{index % 5 + 1}", "pattern": {"shape": PATTERNS[index % 5], "size": 6}},
        "hovertemplate": "%{x|%Y-%m-%d %H:00}<br>%{fullData.name}: %{y:,}<extra></extra>",
    }
