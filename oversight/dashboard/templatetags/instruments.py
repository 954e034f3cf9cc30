"""How numbers, times, scores and icons look on every page: `{% load instruments %}`."""

from __future__ import annotations

import math
from datetime import datetime

from django import template

from oversight.dashboard import words
from oversight.lib import clock

register = template.Library()
register.filter("monitor_title", words.monitor_title)
register.filter("reason_in_words", words.reason_in_words)


@register.inclusion_tag("_icon.html")
def icon(name: str) -> dict[str, str]:
    """An icon of the sprite; it stands beside a word, so it is hidden from screen readers."""
    return {"name": name}


@register.inclusion_tag("_score.html")
def score(value: float | None, why: str = "not measured") -> dict[str, object]:
    """Four rising bars and the number; `why` stands where there is no number, since that is never a 0."""
    return {"value": value, "level": 0 if value is None else score_level(value), "why": why}


def score_level(value: float) -> int:
    """Quarters of [0, 1], 1 to 4; 0 only for a score that rounds to 0.00."""
    return 0 if value < 0.005 else min(4, math.floor(value * 4) + 1)


@register.inclusion_tag("_ago.html")
def ago(when: datetime | None) -> dict[str, object]:
    """Relative time in one unit, with the absolute one as its title."""
    return {"when": when, "text": "" if when is None else duration((clock.now() - when).total_seconds())}


register.filter("monitor_title", words.monitor_title)


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in one unit: "12 s", "5 m", "3 h", "2 d"."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


@register.filter
def count(number: int | None) -> str:
    """1204 as "1,204"."""
    return "" if number is None else f"{number:,}"


@register.filter
def share(value: float | None) -> str:
    """0.0312 as "3.1 %"; what has no denominator is a dash."""
    return "–" if value is None else f"{value * 100:.1f} %"
