"""The figures of a deployment's history: flagged share, quantiles, states, and the distribution of scores."""

from __future__ import annotations

from typing import Any

from monitors.base import State
from oversight.dashboard.charts import STATE_SERIES, Chart
from oversight.dashboard.score_history import BINS, Bucket, History

_STATES = [one for one in STATE_SERIES if one[0] != "flagged"]


def charts_of(history: History) -> tuple[Chart, ...]:
    """Those for which there is something to draw."""
    measured = (flagged_share(history), quantiles(history), distribution(history)) if history.n_measured else ()
    return (*measured, *((states(history),) if history.buckets else ()))


def _xaxis(history: History) -> dict[str, Any]:
    # Marks may lie before the first score and after the last one.
    times = [bucket.start for bucket in history.buckets] + [mark.at for mark in history.marks]
    first, last = min(times), max(times)
    pad = max(history.step * 1.5, (last - first) / 40)
    return {"type": "date", "range": [(first - pad).isoformat(), (last + pad).isoformat()]}


def _marks(history: History) -> dict[str, Any]:
    shapes = [
        {
            **{"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1},
            **{"x0": mark.at.isoformat(), "x1": mark.at.isoformat(), "layer": "below"},
            "line": {"color": "--control-line", "width": 1, "dash": "dot"},
        }
        for mark in history.marks
    ]
    notes = [
        {
            **{"xref": "x", "yref": "paper", "y": 0, "yanchor": "bottom", "xanchor": "left", "showarrow": False},
            **{"x": mark.at.isoformat(), "text": mark.label, "font": {"size": 10, "color": "--muted"}},
        }
        for mark in _apart(history)
    ]
    return {"shapes": shapes, "annotations": notes}


def _apart(history: History) -> list[Any]:
    """Marks whose labels do not lie on each other; every line is drawn, and the table names each."""
    kept: list[Any] = []
    times = [bucket.start for bucket in history.buckets] + [mark.at for mark in history.marks]
    least = (max(times) - min(times)) / 24 if times else None
    for mark in history.marks:
        if not kept or least is None or mark.at - kept[-1].at > least:
            kept.append(mark)
    return kept


def flagged_share(history: History) -> Chart:
    """Of what has a value; a bucket without one has no point."""
    points = [(bucket, bucket.flagged_share) for bucket in history.buckets]
    shown = [(bucket, share) for bucket, share in points if share is not None]
    worst, most = max(shown, key=lambda one: one[1])
    line = {
        **{"type": "scatter", "mode": "lines+markers", "name": "Flagged share"},
        **{"x": [_middle(bucket, history) for bucket, _ in shown], "y": [100 * share for _, share in shown]},
        "line": {"color": "--danger", "width": 2},
        "marker": {"size": 6},
        "customdata": [[bucket.n_flagged, bucket.n_measured] for bucket, _ in shown],
        "hovertemplate": "%{x}<br>%{y:.2f} %: %{customdata[0]:,} of %{customdata[1]:,}<extra></extra>",
    }
    yaxis = {"title": {"text": "flagged, %"}, "rangemode": "tozero", **({"range": [0, 1]} if most == 0 else {})}
    return Chart(
        id="flagged-share",
        title="Flagged share",
        summary=f"{history.n_flagged:,} of {history.n_measured:,} flagged in all; the highest share,"
        f" {100 * most:.1f} %, on {_when(worst, history)}. Dotted lines are changes of the settings.",
        figure={"data": [line], "layout": {"xaxis": _xaxis(history), "yaxis": yaxis, **_marks(history)}},
        columns=("Time (UTC)", "Flagged", "Measured", "Share"),
        rows=tuple(
            (_when(b, history), f"{b.n_flagged:,}", f"{b.n_measured:,}", f"{100 * share:.2f} %")
            for b, share in reversed(shown)
        ),
    )


def quantiles(history: History) -> Chart:
    """Median, 95th percentile and largest score, and the threshold of today."""
    shown = [bucket for bucket in history.buckets if bucket.median is not None]
    x = [_middle(bucket, history) for bucket in shown]
    series = (
        ("Median", [b.median for b in shown], "--series-1", "solid", "circle"),
        ("95 % are below", [b.high for b in shown], "--series-2", "dash", "diamond"),
        ("Largest", [b.largest for b in shown], "--series-5", "dot", "x"),
    )
    data = [
        {
            **{"type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": y},
            **{"line": {"color": colour, "width": 2, "dash": dash}, "marker": {"symbol": symbol, "size": 6}},
            "hovertemplate": "%{x}<br>%{fullData.name}: %{y:.4f}<extra></extra>",
        }
        for name, y, colour, dash, symbol in series
    ]
    layout = {"xaxis": _xaxis(history), "yaxis": {"title": {"text": "score"}, "range": [-0.02, 1.02]}}
    marks = _marks(history)
    level = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": history.threshold, "y1": history.threshold}
    marks["shapes"] = [*marks["shapes"], {**level, "line": {"color": "--danger", "width": 1}}]
    newest = shown[-1]
    return Chart(
        id="quantiles",
        title="Scores over time",
        summary=f"On {_when(newest, history)} the median was {newest.median:.3f} and the largest {newest.largest:.3f};"
        f" the line across is today's threshold, {history.threshold:.4g}.",
        figure={"data": data, "layout": {**layout, **marks}},
        columns=("Time (UTC)", "Median", "95 %", "Largest"),
        rows=tuple(
            (_when(b, history), *(f"{v:.4f}" for v in (b.median, b.high, b.largest) if v is not None))
            for b in reversed(shown)
        ),
    )


def distribution(history: History) -> Chart:
    """How many scores lie in each twentieth of [0, 1]; a logarithmic axis, or the clean ones hide the rest."""
    middles = [(number + 0.5) / BINS for number in range(BINS)]
    parts = (("Below threshold", 0, "--control-line", ""), ("Flagged", 1, "--danger", "/"))
    data = [
        {
            **{
                "type": "bar",
                "name": name,
                "x": middles,
                "y": [one[which] for one in history.bins],
                "width": 0.9 / BINS,
            },
            "marker": {"color": colour, "pattern": {"shape": pattern, "size": 6}},
            "hovertemplate": "score %{x:.3f}<br>%{fullData.name}: %{y:,}<extra></extra>",
        }
        for name, which, colour, pattern in parts
    ]
    lowest = sum(history.bins[0])
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": history.threshold, "x1": history.threshold}
    return Chart(
        id="distribution",
        title="Distribution of scores",
        summary=f"{lowest:,} of {history.n_measured:,} scores are below {1 / BINS:.2f}. The upright line is today's"
        " threshold; scores were flagged by the threshold of their time.",
        figure={
            "data": data,
            "layout": {
                "barmode": "stack",
                "xaxis": {"title": {"text": "score"}, "range": [-0.01, 1.01]},
                "yaxis": {"title": {"text": "transcripts"}, "type": "log", "dtick": 1},
                "shapes": [{**line, "line": {"color": "--danger", "width": 1}}],
            },
        },
        columns=("Score", "Below threshold", "Flagged"),
        rows=tuple(
            (f"{n / BINS:.2f} to {(n + 1) / BINS:.2f}", f"{below:,}", f"{flagged:,}")
            for n, (below, flagged) in enumerate(history.bins)
        ),
    )


def states(history: History) -> Chart:
    """What became of the runs; what could not be measured stands apart."""
    x = [_middle(bucket, history) for bucket in history.buckets]
    data = [
        {
            **{"type": "bar", "name": "Measured" if state == State.SCORED else name, "x": x},
            "y": [bucket.states.get(state, 0) for bucket in history.buckets],
            "width": 0.85 * history.step.total_seconds() * 1000,
            "marker": {"color": colour, "pattern": {"shape": pattern, "size": 6}},
            "hovertemplate": "%{x}<br>%{fullData.name}: %{y:,}<extra></extra>",
        }
        for state, name, colour, pattern in _STATES
        if any(bucket.states.get(state) for bucket in history.buckets)
    ]
    counts = history.states
    layout = {"barmode": "stack", "xaxis": _xaxis(history), "yaxis": {"title": {"text": "runs"}, "rangemode": "tozero"}}
    return Chart(
        id="states",
        title="What became of its runs",
        summary=f"{counts[State.SCORED]:,} measured, {counts[State.PARTIAL]:,} partly,"
        f" {counts[State.UNSCORED]:,} could not be measured, {counts[State.SKIPPED]:,} not applicable.",
        figure={"data": data, "layout": {**layout, **_marks(history)}},
        columns=("Time (UTC)", "Measured", "Partly", "Could not measure", "Not applicable"),
        rows=tuple(
            (_when(b, history), *(f"{b.states.get(state, 0):,}" for state, *_ in _STATES))
            for b in reversed(history.buckets)
        ),
    )


def _middle(bucket: Bucket, history: History) -> str:
    return (bucket.start + history.step / 2).isoformat()


def _when(bucket: Bucket, history: History) -> str:
    return f"{bucket.start:%Y-%m-%d}" if history.step.days else f"{bucket.start:%Y-%m-%d %H:00}"
