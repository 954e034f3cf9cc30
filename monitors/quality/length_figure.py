"""Score against length in clean texts, as a picture that any page can show: one SVG, nothing fetched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FILE = "lm_surprisal_length.svg"
_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 56, 50
_SHORTEST, _LONGEST = 1.0, 1000.0
# Okabe and Ito's colours, which people of all kinds of sight tell apart.
_OURS, _DESIGN, _INK, _RULE = "#0072B2", "#D55E00", "#222222", "#d5d9de"


def svg(section: Mapping[str, Any]) -> str:
    """Dots are single texts; lines are the share of joined texts that the default threshold flags."""
    joined = [row for row in section["joined"] if row["texts"] == "all"]
    n = len(section["points"])
    parts = [
        *_axes(),
        *(_dot(units, design, _DESIGN) for units, _, design in section["points"]),
        *(_dot(units, score, _OURS) for units, score, _ in section["points"]),
        _line([(row["passages"], row["design_flagged"]) for row in joined], _DESIGN),
        _line([(row["passages"], row["flagged"]) for row in joined], _OURS),
        _text(_LEFT, 18, f"Clean texts only ({n}). Dots: score of a text. Lines: share of joined texts flagged.", _INK),
        _text(_LEFT, 36, "lm_surprisal", _OURS),
        _text(_LEFT + 110, 36, "largest robust z alone, which grows with length", _DESIGN),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13">'
    )
    title = "<title>Score of clean texts against their number of passages</title>"
    ground = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>'
    return "\n".join([head, title, ground, *parts, "</svg>"]) + "\n"


def _axes() -> Iterable[str]:
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(tick)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_RULE}"/>'
        yield _text(_LEFT - 8, y + 4, f"{tick:g}", _INK, "end")
    for tick in (1, 3, 10, 30, 100, 300, 1000):
        yield _text(_x(tick), _HEIGHT - _BOTTOM + 20, f"{tick:,}", _INK, "middle")
    yield _text(_WIDTH / 2, _HEIGHT - 10, "passages (sentences of 8 to 40 tokens)", _INK, "middle")
    yield _text(_LEFT + 4, _y(0.5) - 5, "default threshold", _INK)


def _dot(units: float, score: float, colour: str) -> str:
    return f'<circle cx="{_x(units):.1f}" cy="{_y(score):.1f}" r="2.2" fill="{colour}" fill-opacity="0.45"/>'


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{_x(units):.1f},{_y(value):.1f}" for units, value in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'


def _text(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{text}</text>'


def _x(units: float) -> float:
    share = math.log(max(units, _SHORTEST) / _SHORTEST) / math.log(_LONGEST / _SHORTEST)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float) -> float:
    return _HEIGHT - _BOTTOM - value * (_HEIGHT - _TOP - _BOTTOM)
