"""How numbers, times, scores and icons look on every page: `{% load instruments %}`."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString

from oversight.accounts.models import User
from oversight.dashboard import words
from oversight.dashboard.text_view import StepView
from oversight.lib import clock
from oversight.lib.markup import format_html, format_html_join
from oversight.review.selectors.blindness import hidden_scores

register = template.Library()
MOST_OF_OPTION = 48
# A list has a hundred and more of these: made here, they cost a tenth of what a template of their own does.
_ICON = '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
_NO_SCORE = '<span class="score score-none" data-level="0"><span class="score-num">{}</span></span>'
_SCORE = (
    '<span class="score" data-level="{}"><span class="score-bar" aria-hidden="true"></span>'
    '<span class="score-num">{}</span></span>'
)
_AGO = '<time datetime="{}" title="{} UTC">{}</time>'
# A list item may leave its end tag out. Of a step's markup there is nine thousand times as much as stands here.
_STEP = '<li{} id="p{}s{}">{}{}{}'
_CLASSES = ' class="{}"'
_FOLDED = '<span class="gap">{}</span>'
_OPTION = '<option value="{}"{}>{}</option>'
_SELECTED = format_html(" {}", "selected")
_WHEN = '<time datetime="{}">{}</time>'
register.filter("monitor_title", words.monitor_title)
register.filter("reason_in_words", words.reason_in_words)
register.filter("number", words.measure_number)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite; it stands beside a word, so it is hidden from screen readers."""
    return _icon(name)


@cache
def _icon(name: str) -> SafeString:
    return format_html(_ICON, static("vendor/lucide-static/1.62.0/sprite.svg"), name)


@register.simple_tag
def read_blind_among(rows: Collection[Any], user: User) -> frozenset[UUID]:
    """Ids of the transcripts of these rows whose scores this person must not see. For pages of apps below review."""
    return hidden_scores(user, {row.transcript_id for row in rows})


@register.simple_tag
def plain_steps(part: str, steps: Iterable[StepView]) -> SafeString:
    """Steps without marks, as `dashboard/_part_text.html` draws them: nearly all of a text's thousands of steps."""
    rows = (
        (_wrapped(_CLASSES, s.classes), part, s.number, s.plain, s.tail, _wrapped(_FOLDED, s.folded)) for s in steps
    )
    return format_html_join("", _STEP, rows)


@lru_cache(maxsize=256)
def _wrapped(shape: str, value: str) -> SafeString | str:
    return format_html(shape, value) if value else ""


@register.simple_tag
def score(value: float | None, why: str = "not measured") -> SafeString:
    """Four rising bars and the number; `why` stands where there is no number, since that is never a 0."""
    if value is None:
        return format_html(_NO_SCORE, why)
    return format_html(_SCORE, score_level(value), f"{value:.2f}")


def score_level(value: float) -> int:
    """Quarters of [0, 1], 1 to 4; 0 only for a score that rounds to 0.00."""
    return 0 if value < 0.005 else min(4, math.floor(value * 4) + 1)


@register.simple_tag
def ago(when: datetime | None) -> SafeString:
    """Relative time in one unit, with the absolute one as its title."""
    if when is None:
        return format_html('<span class="muted">{}</span>', "–")
    at = when.astimezone(UTC)
    return format_html(_AGO, at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}", duration((clock.now() - when).total_seconds()))


@register.simple_tag
def when(at: datetime) -> SafeString:
    """A point in time, to the second."""
    at = at.astimezone(UTC)
    return format_html(_WHEN, at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}")


@register.simple_tag
def options(choices: tuple[tuple[str, str], ...], chosen: object = "") -> SafeString:
    """The options of a menu of hundreds, by value and words; long words are cut."""
    return _options(choices, str(chosen))


@lru_cache(maxsize=64)
def _options(choices: tuple[tuple[str, str], ...], selected: str) -> SafeString:
    """Drawn once for as long as they stay the same: a menu of hundreds costs as much as all rows beside it."""
    rows = ((value, _SELECTED if value == selected else "", _cut(words)) for value, words in choices)
    return format_html_join("", _OPTION, rows)


def _cut(words: str) -> str:
    return words if len(words) <= MOST_OF_OPTION else f"{words[: MOST_OF_OPTION - 1]}…"


@register.filter
def trace_url(transcript_id: UUID) -> str:
    """The page of a transcript. A list has a hundred of them, and working one out costs as much as a row."""
    return f"{_traces()}{transcript_id}/"


@cache
def _traces() -> str:
    return reverse("dashboard:trace", args=[UUID(int=0)]).removesuffix(f"{UUID(int=0)}/")


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
