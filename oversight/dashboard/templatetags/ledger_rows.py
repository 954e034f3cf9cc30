"""The rows of the audit trail and of the list of deliveries: `{% load ledger_rows %}`.

A page has fifty of them. Drawn here they cost a fifth of what a template of them does.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from urllib.parse import quote

from django import template
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.safestring import SafeString

from oversight.alerts.selectors import AttemptRow, DeliveryRow
from oversight.dashboard.audit import Row
from oversight.dashboard.templatetags.instruments import when
from oversight.lib.markup import format_html

register = template.Library()
NOTHING = ""
MOST_OF_ERROR = 70
_EVENT = """<tr data-action="{action}">
<td class="nowrap when"><a href="{url}">{at}</a></td>
<td class="foreign"><span><a href="?actor={actor}">{actor_name}</a></span></td>
<td class="foreign what">{sentence}{outcome}</td>
<td class="col-low mono nowrap"><span><a href="?object={about}" title="{about_whole}">{about_short}</a></span></td>
<td class="col-low foreign muted">{project}</td>
<td class="col-low mono muted nowrap"><span><a href="?action={action}">{action}</a></span></td>
</tr>"""
_DELIVERY = """<tr>
<td class="nowrap"><a href="{url}">{at}</a></td>
<td class="mono">{event_type}</td>
<td class="foreign">{endpoint}</td>
<td class="col-low mono">{transcript}</td>
<td><span class="badge badge-{tone}">{state}</span></td>
<td class="num">{attempt}</td>
<td class="foreign">{last}</td>
<td class="nowrap">{next_at}</td>
</tr>"""
_MUTED = '<span class="muted">{}</span>'
_BADGE = ' <span class="badge badge-{}">{}</span>'
_TRANSCRIPT = '<span><a href="/traces/{}/">…{}</a></span>'
_LAST = '{} {} <span class="muted nowrap">{} ms</span>'
_NONE = format_html(_MUTED, "–")


@register.simple_tag
def event_row(row: Row) -> SafeString:
    """An event as the audit trail lists it."""
    tone = "warn" if row.outcome == "denied" else "danger"
    return format_html(
        _EVENT,
        url=_page_of("dashboard:audit-event", row.id),
        at=when(row.at),
        actor=quote(row.actor),
        actor_name=row.actor_name,
        sentence=row.sentence,
        outcome=NOTHING if row.outcome == "ok" else format_html(_BADGE, tone, row.outcome),
        about=quote(row.object),
        about_whole=row.object,
        about_short=row.object_short,
        project=row.project,
        action=row.action,
    )


@register.simple_tag
def delivery_row(row: DeliveryRow, may: Collection[str]) -> SafeString:
    """A message for an endpoint, and what became of it."""
    return format_html(
        _DELIVERY,
        url=_page_of("alerts:delivery", row.id),
        at=when(row.at),
        event_type=row.event_type,
        endpoint=row.endpoint,
        transcript=_transcript(row.transcript_id, may),
        tone=row.tone,
        state=row.state_label,
        attempt=row.attempt,
        last=_last(row.last) if row.last else _NONE,
        next_at=_next(row),
    )


def _transcript(transcript_id: str, may: Collection[str]) -> SafeString:
    if not transcript_id:
        return _NONE
    short = transcript_id[24:]
    return format_html(_TRANSCRIPT, transcript_id, short) if "transcript.view" in may else format_html("…{}", short)


def _last(attempt: AttemptRow) -> SafeString:
    return format_html(_LAST, attempt.status or "", truncatechars(attempt.error, MOST_OF_ERROR), attempt.duration_ms)


def _next(row: DeliveryRow) -> SafeString:
    if row.next_at is None:
        return _NONE
    return (
        when(row.next_at) if row.endpoint_state == "active" else format_html(_MUTED, f"when {row.endpoint} is resumed")
    )


def _page_of(name: str, pk: int) -> str:
    """The page of one row. Working one out costs as much as the row."""
    before, after = _around(name)
    return f"{before}{pk}{after}"


@cache
def _around(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[0]).partition("0")
    return before, after
