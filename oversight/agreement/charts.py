"""Agreement as a picture: every coefficient with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from monitors.stats.estimate import Estimate
from oversight.agreement.figures import Agreed, Figure
from oversight.dashboard.charts import Chart


def coefficients(found: Agreed) -> tuple[Chart, ...]:
    """What is estimable, from above: verdicts, severities, steps by label. None where nothing is."""
    shown = [
        *((f"Verdict: {one.name}", one) for one in found.verdicts),
        *((f"Severity: {one.name}", one) for one in found.severities),
        *((f"Steps: {one.name}", one) for one in found.steps),
    ]
    drawn = [(name, one) for name, one in shown if one.estimate.value is not None]
    return (_chart(drawn, len(shown) - len(drawn)),) if drawn else ()


def _chart(drawn: Sequence[tuple[str, Figure]], n_left_out: int) -> Chart:
    drawn = list(reversed(drawn))
    values = [one.estimate.value or 0.0 for _, one in drawn]
    data = {
        "type": "scatter",
        "mode": "markers",
        "name": "Coefficient",
        "x": values,
        "y": [name for name, _ in drawn],
        "marker": {"color": "--series-1", "size": 9, "symbol": "diamond"},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [_reach(one.estimate, value, up=True) for (_, one), value in zip(drawn, values, strict=True)],
            "arrayminus": [
                _reach(one.estimate, value, up=False) for (_, one), value in zip(drawn, values, strict=True)
            ],
            "color": "--muted",
        },
        "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
    }
    left_out = f" {n_left_out} could not be estimated and are left out." if n_left_out else ""
    lowest = min(zip(values, drawn, strict=True), key=lambda one: one[0])
    return Chart(
        id="coefficients",
        title="Agreement with its 95 % intervals",
        summary=f"{len(drawn)} figures; 0 is chance (of the plain shares: no agreement), 1 is full agreement."
        f" The lowest is {lowest[1][0]}, {lowest[0]:.2f}.{left_out}",
        figure={
            "data": [data],
            "layout": {
                "height": 80 + 26 * len(drawn),
                "xaxis": {"range": [min(-0.05, *(v - 0.3 for v in values)), 1.05], "title": {"text": "agreement"}},
                "yaxis": {"type": "category"},
                "showlegend": False,
            },
        },
        columns=("Figure", "Value", "95 % interval", "Items"),
        rows=tuple(
            (name, f"{value:.3f}", _interval(one.estimate), f"{one.n_items:,}")
            for (name, one), value in zip(reversed(drawn), reversed(values), strict=True)
        ),
    )


def _reach(one: Estimate, value: float, *, up: bool) -> float:
    border = one.high if up else one.low
    return abs(border - value) if border is not None else 0.0


def _interval(one: Estimate) -> str:
    return f"{one.low:.3f} to {one.high:.3f}" if one.low is not None and one.high is not None else f"none: {one.reason}"
