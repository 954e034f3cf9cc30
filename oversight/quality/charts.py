"""The charts of the quality page, each with a sentence and a table that say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oversight.dashboard.charts import Chart
from oversight.quality.figures import N_BINS
from oversight.quality.operating import Row
from oversight.quality.wording import Terms

Figures = Mapping[str, Any]
_DASHES = ("dash", "dot", "dashdot", "longdash")
_TABLE_AT = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_UNIT = {"range": [-0.02, 1.02], "dtick": 0.2}


def charts_of(figures: Figures, terms: Terms, live: Row) -> tuple[Chart, ...]:
    """Those for which there is something to draw."""
    drawn: list[Chart] = []
    if curves := figures["curves"]:
        drawn += [roc(figures, curves, terms, live), precision_recall(figures, curves, terms, live)]
    if figures["n"]:
        drawn.append(histogram(figures, terms, live))
    if not figures["calibration"]["reason"]:
        drawn.append(reliability(figures["calibration"], terms))
    return tuple(drawn)


def roc(figures: Figures, curves: Figures, terms: Terms, live: Row) -> Chart:
    """TPR against FPR with its band, the baselines, chance, and where the live threshold is."""
    shape = {"line": {"color": "--control-line", "width": 1, "dash": "dot"}}
    chance = _line("Chance", [0.0, 1.0], [0.0, 1.0], shape, hover=False)
    data = [*_banded(curves["roc"], "This monitor", "hv"), *_others(curves, "roc", "hv"), chance]
    return Chart(
        id="roc",
        title=f"ROC · {terms.title.lower()}",
        summary=f"{_auroc(figures)} {_band_words(curves['roc'])}{_point(data, live.false_alarms, live.recall)}",
        figure={
            "data": data,
            "layout": {
                "xaxis": {**_UNIT, "title": {"text": terms.false_alarms.lower()}},
                "yaxis": {**_UNIT, "title": {"text": terms.recall.lower()}},
            },
        },
        columns=(terms.false_alarms, terms.recall, "95 % band", *(one["title"] for one in curves["others"])),
        rows=_rows(curves, "roc"),
    )


def precision_recall(figures: Figures, curves: Figures, terms: Terms, live: Row) -> Chart:
    """Precision of the strictest threshold that reaches a recall, with its band; chance is the share of positives."""
    share = curves["prevalence"]
    shape = {"line": {"color": "--control-line", "width": 1, "dash": "dot"}}
    chance = _line("All flagged", [0.0, 1.0], [share, share], shape, hover=False)
    data = [*_banded(curves["pr"], "This monitor", "vh"), *_others(curves, "pr", "vh"), chance]
    said = f"{100 * share:.1f} % of these labels are positive, and a stream with fewer has a lower precision. "
    return Chart(
        id="precision-recall",
        title=f"Precision and recall · {terms.title.lower()}",
        summary=f"{said}{_band_words(curves['pr'])}{_point(data, live.recall, live.precision)}",
        figure={
            "data": data,
            "layout": {
                "xaxis": {**_UNIT, "title": {"text": terms.recall.lower()}},
                "yaxis": {**_UNIT, "title": {"text": terms.precision.lower()}},
            },
        },
        columns=(terms.recall, terms.precision, "95 % band", *(one["title"] for one in curves["others"])),
        rows=_rows(curves, "pr"),
    )


def histogram(figures: Figures, terms: Terms, live: Row) -> Chart:
    """Scores of positive and negative labels side by side."""
    middles = [(number + 0.5) / N_BINS for number in range(N_BINS)]
    counts = figures["histogram"]
    parts = (("Positive", "positive", "--danger", "/"), ("Negative", "negative", "--control-line", ""))
    data = [
        {
            **{"type": "bar", "name": name, "x": middles, "y": counts[which], "width": 0.45 / N_BINS},
            "offset": -0.45 / N_BINS if which == "positive" else 0.0,
            "marker": {"color": colour, "pattern": {"shape": pattern, "size": 6}},
            "hovertemplate": "score %{x:.3f}<br>%{fullData.name}: %{y:,}<extra></extra>",
        }
        for name, which, colour, pattern in parts
    ]
    shapes = []
    if live.threshold is not None:
        place = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": live.threshold, "x1": live.threshold}
        shapes = [{**place, "line": {"color": "--danger", "width": 1}}]
    n, n_positive = figures["n"], figures["n_positive"]
    return Chart(
        id="scores",
        title="Scores by label",
        summary=f"{n_positive:,} positive and {n - n_positive:,} negative labels; positive: {terms.positive}. The"
        f" upright line is the live threshold, {live.threshold:.4g}.",
        figure={
            "data": data,
            "layout": {
                "barmode": "overlay",
                "xaxis": {"title": {"text": "score"}, "range": [-0.01, 1.01]},
                "yaxis": {"title": {"text": "transcripts"}, "rangemode": "tozero"},
                "shapes": shapes,
            },
        },
        columns=("Score", "Positive", "Negative"),
        rows=tuple(
            (f"{place / N_BINS:.2f} to {(place + 1) / N_BINS:.2f}", f"{yes:,}", f"{no:,}")
            for place, (yes, no) in enumerate(zip(counts["positive"], counts["negative"], strict=True))
        ),
    )


def reliability(calibration: Figures, terms: Terms) -> Chart:
    """Share of positives against probability: the score as it is, and after calibration on other groups."""
    perfect = _line(
        "As it says", [0, 1], [0, 1], {"line": {"color": "--control-line", "width": 1, "dash": "dot"}}, hover=False
    )
    parts = [("Score as it is", calibration["raw"], "--series-1", "circle")]
    if not calibration["fitted"]["reason"]:
        parts.append(("Calibrated on other groups", calibration["fitted"], "--series-2", "diamond"))
    data = [_bins(name, one["bins"], colour, symbol) for name, one, colour, symbol in parts]
    raw = calibration["raw"]
    return Chart(
        id="reliability",
        title=f"Reliability{terms.among}",
        summary=f"ECE {raw['ece']:.3f}, of which a calibrated score of as many texts shows {raw['by_chance']:.3f} by"
        f" chance; Brier score {raw['brier']['value']:.3f}, and {raw['uncertainty']:.3f} for saying the share of"
        " positives of every text.",
        figure={
            "data": [*data, perfect],
            "layout": {
                "xaxis": {**_UNIT, "title": {"text": "score, as a probability"}},
                "yaxis": {**_UNIT, "title": {"text": "share of positives"}},
            },
        },
        columns=("Series and mean score", "Share of positives", "95 %", "Texts"),
        rows=tuple(
            (f"{name}, {mean:.3f}", f"{share:.3f}", f"{low:.3f} to {high:.3f}", f"{n:,}")
            for name, one, *_ in parts
            for n, mean, share, low, high in one["bins"]
        ),
    )


def _bins(name: str, bins: Sequence[Sequence[float]], colour: str, symbol: str) -> dict[str, Any]:
    up, down = [high - share for _, _, share, _, high in bins], [share - low for _, _, share, low, _ in bins]
    return {
        **{"type": "scatter", "mode": "markers", "name": name},
        **{"x": [one[1] for one in bins], "y": [one[2] for one in bins]},
        "marker": {"color": colour, "size": 7, "symbol": symbol},
        "error_y": {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": colour, "width": 0},
        "customdata": [one[0] for one in bins],
        "hovertemplate": "%{fullData.name}<br>%{x:.3f}: %{y:.3f} of %{customdata:,}<extra></extra>",
    }


def _banded(curve: Figures, name: str, shape: str) -> list[dict[str, Any]]:
    line = _line(name, curve["x"], curve["y"], {"line": {"color": "--series-1", "width": 2, "shape": shape}})
    if not curve["low"]:
        return [line]
    edge = {"line": {"color": "--tint-info", "width": 0, "shape": shape}, "showlegend": False}
    low = _line("95 % band", curve["x"], curve["low"], edge, hover=False)
    high = _line("95 % band", curve["x"], curve["high"], {**edge, "fill": "tonexty", "showlegend": True}, hover=False)
    return [low, {**high, "fillcolor": "--tint-info"}, line]


def _others(curves: Figures, which: str, shape: str) -> list[dict[str, Any]]:
    return [
        _line(
            one["title"],
            one[which]["x"],
            one[which]["y"],
            {"line": {"color": f"--series-{2 + n % 4}", "width": 1.5, "dash": _DASHES[n % 4], "shape": shape}},
        )
        for n, one in enumerate(curves["others"])
    ]


def _line(name: str, x: Sequence[float], y: Sequence[float], how: Figures, *, hover: bool = True) -> dict[str, Any]:
    told = {"hovertemplate": "%{fullData.name}<br>%{x:.2f}: %{y:.3f}<extra></extra>"}
    return {
        **{"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y},
        **how,
        **(told if hover else {"hoverinfo": "skip"}),
    }


def _point(data: list[dict[str, Any]], x: Any, y: Any) -> str:
    """The live threshold as a mark in the chart, and in words."""
    if x.value is None or y.value is None:
        return ""
    mark = {"color": "--danger", "size": 10, "symbol": "diamond-open", "line": {"width": 2}}
    data.append(
        {
            **{"type": "scatter", "mode": "markers", "name": "Live threshold", "x": [x.value], "y": [y.value]},
            **{"marker": mark, "hovertemplate": "live threshold<br>%{x:.3f}: %{y:.3f}<extra></extra>"},
        }
    )
    return f" The live threshold is at {x.value:.3f}, {y.value:.3f}."


def _auroc(figures: Figures) -> str:
    one = figures["metrics"]["auroc"]
    if one["value"] is None:
        return f"AUROC not estimable: {one['reason']}."
    interval = f" [{one['low']:.3f}, {one['high']:.3f}]" if one["low"] is not None else f" ({one['reason']})"
    return f"AUROC {one['value']:.3f}{interval} on {figures['n']:,} labels; 0.5 is chance."


def _band_words(curve: Figures) -> str:
    if curve["low"]:
        return "The band holds 95 % at each point, resampling groups."
    return f"No band: {curve['reason']}."


def _rows(curves: Figures, which: str) -> tuple[tuple[str, ...], ...]:
    curve = curves[which]
    places = [(at, n) for n, at in enumerate(curve["x"]) if any(abs(at - one) < 1e-9 for one in _TABLE_AT)]
    return tuple(
        (
            f"{at:.2f}",
            f"{curve['y'][n]:.3f}",
            f"{curve['low'][n]:.3f} to {curve['high'][n]:.3f}" if curve["low"] else "none",
            *(f"{one[which]['y'][n]:.3f}" for one in curves["others"]),
        )
        for at, n in places
    )
