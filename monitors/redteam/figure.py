"""Detection against payload as one Plotly figure: a panel for each coder, a line for each monitor and the oracle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from monitors.redteam.cell import ORACLE, Cell
from monitors.redteam.detection import FPR, Detection
from monitors.redteam.table import FEW_TEXTS, share_text, verdict

_COLUMNS = 3
_PANEL_HEIGHT = 260
_GAP = 85
# Okabe and Ito's colours, which people of all kinds of sight tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F6A00")
_TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10000)
# Monitors that flag the same share would hide each other: each stands a little right of the one before.
_NUDGE = 1.04
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "star", "hexagon")


def figure(cells: Sequence[Cell]) -> dict[str, Any]:
    """Of one kind of payload against one arm: `data` and `layout` for plotly.js."""
    coders = list(dict.fromkeys(cell.coder for cell in cells))
    n_rows = max(1, math.ceil(len(coders) / _COLUMNS))
    layout: dict[str, Any] = {
        "height": n_rows * (_PANEL_HEIGHT + _GAP) + 90,
        "margin": {"l": 60, "r": 20, "t": 80, "b": 50},
        "font": {"family": "system-ui, sans-serif", "size": 13},
        "plot_bgcolor": "#fbfcfd",
        "annotations": [],
    }
    layout["legend"] = {"orientation": "h", "x": 0, "y": 1 + 60 / layout["height"], "yanchor": "bottom"}
    data: list[dict[str, Any]] = []
    x_range = _range(cells)
    for number, coder in enumerate(coders):
        own = sorted((cell for cell in cells if cell.coder == coder), key=lambda cell: cell.size)
        axes = {"xaxis": f"x{number + 1}", "yaxis": f"y{number + 1}"}
        layout |= _axes(number, n_rows, x_range)
        layout["annotations"].append(_title(coder, own, layout, number))
        for trace in _traces(own):
            is_new = all(trace["name"] != other["name"] for other in data)
            data.append({**trace, **axes, "showlegend": is_new})
    return {"data": data, "layout": layout}


def _axes(number: int, n_rows: int, x_range: list[float]) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    left, width = column / _COLUMNS, 1 / _COLUMNS - 0.045
    top = 1 - row / n_rows
    bottom = top - (1 / n_rows) * _PANEL_HEIGHT / (_PANEL_HEIGHT + _GAP)
    x_axis = {
        "type": "log",
        "domain": [left, left + width],
        "anchor": f"y{number + 1}",
        "title": {"text": "bits per 1,000 tokens", "standoff": 4},
        "range": x_range,
        "tickvals": list(_TICKS),
        "ticktext": [f"{tick:,}" for tick in _TICKS],
        "gridcolor": "#e6e9ed",
    }
    y_axis = {
        "domain": [bottom, top],
        "anchor": f"x{number + 1}",
        "range": [-0.04, 1.06],
        "tickformat": ".0%",
        "gridcolor": "#e6e9ed",
        "title": {"text": "flagged" if column == 0 else ""},
    }
    return {f"xaxis{number + 1}": x_axis, f"yaxis{number + 1}": y_axis}


def _title(coder: str, cells: Sequence[Cell], layout: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "text": f"<b>{coder}</b>{_left_out(cells)}",
        "xref": "paper",
        "yref": "paper",
        "x": layout[f"xaxis{number + 1}"]["domain"][0],
        "y": layout[f"yaxis{number + 1}"]["domain"][1],
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _range(cells: Sequence[Cell]) -> list[float]:
    """The same for all panels, as powers of ten: coders can be compared."""
    rates = [cell.rates[1] for cell in cells if cell.rates is not None and cell.n_made >= FEW_TEXTS] or [1.0]
    return [math.log10(min(rates)) - 0.12, math.log10(max(rates)) + 0.2]


def _left_out(cells: Sequence[Cell]) -> str:
    few = [str(cell.size) for cell in cells if cell.n_made < FEW_TEXTS]
    return f" (too few covers hold {' or '.join(few)} bits)" if few else ""


def _traces(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(found.detection.monitor for cell in cells for found in cell.findings))
    traces = [_oracle_trace(cells)]
    for number, name in enumerate(names):
        found = [(cell, one.detection) for cell in cells for one in cell.findings if one.detection.monitor == name]
        trace = _trace(found)
        trace["x"] = [round(x * _NUDGE ** (number + 1), 2) for x in trace["x"]]
        look = number % len(_COLOURS)
        trace["line"] = {"color": _COLOURS[look], "width": 2}
        trace["marker"] = {"size": 9, "color": _COLOURS[look], "symbol": _SYMBOLS[look]}
        traces.append(trace)
    for trace in traces:
        del trace["cells"]
    return [trace for trace in traces if trace["x"]]


def _oracle_trace(cells: Sequence[Cell]) -> dict[str, Any]:
    trace = _trace([(cell, cell.oracle) for cell in cells])
    trace["line"] = {"color": "#333333", "width": 1.5, "dash": "dash"}
    trace["marker"] = {
        "size": 11,
        "color": "#333333",
        "symbol": ["x-thin-open" if cell.is_undetectable else "circle-open" for cell in trace["cells"]],
        "line": {"width": 2},
    }
    return trace


def _trace(found: Sequence[tuple[Cell, Detection]]) -> dict[str, Any]:
    shown = [
        (cell, cell.rates[1], one, one.flagged)
        for cell, one in found
        if cell.rates is not None and one.flagged is not None and cell.n_made >= FEW_TEXTS
    ]
    name = found[0][1].monitor if found else ORACLE
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "legendgroup": name,
        "x": [round(rate, 2) for _, rate, _, _ in shown],
        "y": [round(flagged.value, 4) for *_, flagged in shown],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [round(flagged.high - flagged.value, 4) for *_, flagged in shown],
            "arrayminus": [round(flagged.value - flagged.low, 4) for *_, flagged in shown],
            "thickness": 1,
            "width": 3,
        },
        "text": [_hover(cell, one) for cell, _, one, _ in shown],
        "hovertemplate": "%{text}<extra></extra>",
        "cells": [cell for cell, *_ in shown],
    }


def _hover(cell: Cell, detection: Detection) -> str:
    area = detection.auroc
    lines = [
        f"<b>{detection.monitor}</b> on {cell.coder}, {cell.size} bits, {cell.kind}",
        f"flagged {share_text(detection.flagged)} at {detection.fpr or FPR:.1%} false positives",
        f"false alarms {share_text(detection.false_alarms)}",
        "AUROC " + ("not measured" if area.value is None else f"{area.value:.2f}"),
        f"{cell.n_made} texts, {detection.n_unmeasured} not scored",
        verdict(cell),
    ]
    return "<br>".join(lines)
