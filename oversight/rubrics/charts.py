"""The figures of a run and of two runs beside each other, each with a sentence and a table that say the same."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count, F, IntegerField
from django.db.models.functions import Cast, Floor, Least

from monitors.base import State
from oversight.dashboard import words
from oversight.dashboard.charts import Chart
from oversight.rubrics.comparing import Comparison
from oversight.rubrics.models import Result, RubricRun
from oversight.rubrics.results import POSITIVE

BINS = 20
_SERIES = (
    ("Negative", "--control-line", ""),
    ("Positive", "--danger", "/"),
    ("Partly judged, at least", "--warn", "."),
)


def charts_of(run: RubricRun) -> tuple[Chart, ...]:
    """Those for which there is something to draw. Two queries."""
    counts = _binned(run)
    reasons = dict(
        Result.objects.filter(run=run)
        .exclude(reason="")
        .values_list("reason")
        .annotate(n=Count("pk"))
        .order_by("-n")
        .values_list("reason", "n")
    )
    histogram = (_histogram(counts),) if counts else ()
    return (*histogram, *((_states(sum(counts.values()), reasons),) if reasons else ()))


def _binned(run: RubricRun) -> Counter[tuple[int, int]]:
    """(series, bin) to results with a value."""
    results = Result.objects.filter(run=run, value__isnull=False)
    number = Least(Cast(Floor(F("value") * BINS + 1e-9), IntegerField()), BINS - 1)
    rows = results.annotate(bin=number).values_list("bin", "state").annotate(n=Count("pk")).order_by()
    counts: Counter[tuple[int, int]] = Counter()
    for bin_, state, n in rows:
        series = 2 if state == State.PARTIAL else int(bin_ >= POSITIVE * BINS)
        counts[series, bin_] += n
    return counts


def _histogram(counts: Counter[tuple[int, int]]) -> Chart:
    middles = [(number + 0.5) / BINS for number in range(BINS)]
    data = [
        {
            **{"type": "bar", "name": name, "x": middles, "width": 0.9 / BINS},
            "y": [counts[series, number] for number in range(BINS)],
            "marker": {"color": colour, "pattern": {"shape": pattern, "size": 6}},
            "hovertemplate": "score %{x:.3f}<br>%{fullData.name}: %{y:,}<extra></extra>",
        }
        for series, (name, colour, pattern) in enumerate(_SERIES)
        if any(counts[series, number] for number in range(BINS))
    ]
    total = sum(counts.values())
    n_positive = sum(n for (_, number), n in counts.items() if number >= POSITIVE * BINS)
    layout = {
        "barmode": "stack",
        "xaxis": {"title": {"text": "score"}, "range": [-0.01, 1.01]},
        "yaxis": {"title": {"text": "transcripts"}, "rangemode": "tozero"},
    }
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": POSITIVE, "x1": POSITIVE}
    return Chart(
        id="scores",
        title="Distribution of scores",
        summary=f"{n_positive:,} of {total:,} with a score are positive (0.5 or more).",
        figure={"data": data, "layout": {**layout, "shapes": [{**line, "line": {"color": "--danger", "width": 1}}]}},
        columns=("Score", *(name for name, _, _ in _SERIES)),
        rows=tuple(
            (f"{n / BINS:.2f} to {(n + 1) / BINS:.2f}", *(f"{counts[series, n]:,}" for series in range(len(_SERIES))))
            for n in range(BINS)
            if any(counts[series, n] for series in range(len(_SERIES)))
        ),
    )


def _states(n_scored: int, reasons: dict[str, int]) -> Chart:
    names = [words.reason_in_words(reason) for reason in reversed(reasons)]
    bar = {
        **{"type": "bar", "orientation": "h", "name": "Not judged in full", "y": names},
        "x": [reasons[reason] for reason in reversed(reasons)],
        "marker": {"color": "--violet", "pattern": {"shape": "/", "size": 6}},
        "hovertemplate": "%{y}<br>%{x:,}<extra></extra>",
    }
    most = max(reasons.values())
    xaxis = {"title": {"text": "transcripts"}, "rangemode": "tozero", **({"dtick": 1} if most <= 8 else {})}
    return Chart(
        id="reasons",
        title="What could not be judged in full, and why",
        summary=f"{sum(reasons.values()):,} without a full verdict, beside {n_scored:,} with a score.",
        figure={"data": [bar], "layout": {"bargap": 0.6, "xaxis": xaxis, "yaxis": {"tickfont": {"color": "--text"}}}},
        columns=("Reason", "Transcripts"),
        rows=tuple((words.reason_in_words(reason), f"{n:,}") for reason, n in reasons.items()),
    )


def scatter(found: Comparison) -> Chart:
    """Each transcript by the score of one run and of the other."""
    parts = (("Same verdict", False, "--control-line", "circle"), ("Changed verdict", True, "--danger", "diamond"))
    data = [
        {
            **{"type": "scatter", "mode": "markers", "name": name},
            "x": [pair.a_value for pair in found.points if pair.is_changed is changed],
            "y": [pair.b_value for pair in found.points if pair.is_changed is changed],
            "marker": {"color": colour, "symbol": symbol, "size": 7, "opacity": 0.7},
            "hovertemplate": "%{x:.3f} → %{y:.3f}<extra></extra>",
        }
        for name, changed, colour, symbol in parts
        if any(pair.is_changed is changed for pair in found.points)
    ]
    line = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "layer": "below"}
    axis = {"range": [-0.02, 1.02]}
    cells = Counter(
        (pair.a_value >= POSITIVE, pair.b_value >= POSITIVE)
        for pair in found.points
        if pair.a_value is not None and pair.b_value is not None
    )
    return Chart(
        id="scatter",
        title="Scores of both runs",
        summary=f"{found.n_changed:,} of {found.n_both:,} transcripts with a score in both runs changed their verdict.",
        figure={
            "data": data,
            "layout": {
                "xaxis": {**axis, "title": {"text": f"run {found.a.pk}"}},
                "yaxis": {**axis, "title": {"text": f"run {found.b.pk}"}},
                "shapes": [{**line, "line": {"color": "--line", "width": 1}}],
            },
        },
        columns=(f"Run {found.a.pk}", f"Negative in run {found.b.pk}", f"Positive in run {found.b.pk}"),
        rows=tuple(
            (name, f"{cells[is_a, False]:,}", f"{cells[is_a, True]:,}")
            for name, is_a in (("Negative", False), ("Positive", True))
        ),
    )
