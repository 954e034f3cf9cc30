"""The rows of the review queue: `{% load queue_rows %}`.

A queue page has twenty, of some forty values each. Drawn here they cost a fifth of what a template of them does.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from oversight.dashboard.templatetags.instruments import ago, duration, score, trace_url
from oversight.dashboard.words import monitor_title
from oversight.lib.markup import format_html, format_html_join
from oversight.review.excerpts import Piece
from oversight.review.models import VerdictLabel
from oversight.review.selectors.claims import Claim
from oversight.review.selectors.queue import QueueCell, QueueRow

register = template.Library()
MOST_OF_NOTE = 64
NOTHING = ""
DIM = format_html(' class="{}"', "is-dim")
_ROW = """<tr id="item-{id}" tabindex="-1" data-item="{id}" data-standing="{standing}"{dim}>
<td class="pick"><input type="checkbox" name="item" value="{id}" form="plan" aria-label="Choose item {id}"></td>
<td class="nowrap"><a href="{trace}">#{id}</a></td>
<td data-cell="score">{score}</td>
<td>{evidence}</td>
<td class="col-low">{flags}</td>
<td class="col-low foreign">{model}</td>
<td class="num nowrap">{age}<br><small data-cell="due">{due}</small></td>
<td data-cell="claim">{claim}</td>
<td class="num" data-cell="action">{action}</td>
</tr>"""
_CHANGES = (
    '<tr data-item="{id}" data-standing="{standing}" data-matches="{matches}"{dim}><td data-cell="score">{score}</td>'
    '<td data-cell="due">{due}</td><td data-cell="claim">{claim}</td><td data-cell="action">{action}</td></tr>'
)
_MUTED = '<span class="muted">{}</span>'
_BADGE = '<span class="badge{}">{}</span>'
_DECIDED = '<span class="badge badge-{}">{}{}</span> <span class="muted foreign">{}</span>'
_FLAG = '<span class="badge badge-plain" title="{}">{} {}</span> '
_EXCERPT = '<span class="excerpt foreign">{}<mark>{}</mark>{}</span>{}'
_NOTE = '<br><small class="muted foreign">{}</small>'
_FOR = ' <span class="assignee{} foreign">for {}</span>'
_SNOOZED = ' <span class="muted nowrap">snoozed until <time datetime="{}">{} UTC</time></span>'
_ACTION = '<button class="btn" form="claim" formaction="{}" data-primary>{}</button>'
_TONES = {VerdictLabel.BENIGN: "ok", VerdictLabel.SUSPICIOUS: "warn", VerdictLabel.CONFIRMED: "danger"}


@register.simple_tag
def queue_row(row: QueueRow) -> SafeString:
    """An item as the queue lists it."""
    cell = row.cell
    return format_html(
        _ROW,
        id=str(cell.id),
        standing=cell.claim.standing,
        dim=DIM if cell.claim.standing == "held" else NOTHING,
        trace=trace_url(row.transcript_id),
        score=_score(cell),
        evidence=_evidence(row),
        flags=format_html_join(
            "", _FLAG, ((one.monitor, monitor_title(one.monitor), f"{one.value:.2f}") for one in row.flags)
        ),
        model=row.model or "–",
        age=ago(row.created_at),
        due=_due(cell),
        claim=_standing(cell),
        action=_action(cell),
    )


@register.simple_tag
def changed_cells(cell: QueueCell) -> SafeString:
    """The cells of a row that change while it is on screen."""
    return format_html(
        _CHANGES,
        id=str(cell.id),
        standing=cell.claim.standing,
        matches="yes" if cell.matches else "no",
        dim=DIM if cell.claim.standing == "held" or not cell.matches else NOTHING,
        score=_score(cell),
        due=_due(cell),
        claim=_standing(cell),
        action=_action(cell),
    )


@register.simple_tag
def claim_badge(claim: Claim) -> SafeString:
    """Whether an item is free, who reads it, or how it was decided."""
    if claim.standing == "free":
        return format_html(_BADGE, "", "Open")
    if claim.standing == "mine":
        return format_html(_BADGE, " badge-info", "Yours")
    if claim.standing == "held":
        return format_html(_BADGE, " badge-violet foreign", f"{claim.name} is reading")
    if claim.verdict is None:
        return format_html(_BADGE, " badge-warn", "Disputed")
    label = VerdictLabel(claim.verdict.label)
    severity = f" {claim.verdict.severity}/4" if claim.verdict.severity else ""
    return format_html(_DECIDED, _TONES.get(label, "muted"), label.label, severity, claim.name)


def _score(cell: QueueCell) -> SafeString:
    return format_html(_MUTED, "after your verdict") if cell.blind else score(cell.score, "not flagged")


def _evidence(row: QueueRow) -> SafeString:
    if row.cell.blind:
        return format_html(_MUTED, "Read blind: scores are shown after your verdict.")
    if row.excerpt:
        note = format_html(_NOTE, _cut(row.note)) if row.note else NOTHING
        found = row.excerpt
        return format_html(_EXCERPT, _pieces(found.before), _pieces(found.quote), _pieces(found.after), note)
    return format_html(_MUTED, "No span: the score is of the whole text" if row.flags else "No monitor flags it")


def _pieces(found: Iterable[Piece]) -> SafeString:
    """Text as it stands, and runs of invisible characters by their names."""
    return format_html_join("", "{}", ((_piece(one),) for one in found))


def _piece(one: Piece) -> SafeString | str:
    return format_html(_BADGE, " badge-danger", one.text) if one.hidden else one.text


def _cut(note: str) -> str:
    return note if len(note) <= MOST_OF_NOTE else f"{note[: MOST_OF_NOTE - 1]}…"


def _due(cell: QueueCell) -> SafeString | str:
    if late := cell.overdue_s:
        return format_html('<span class="overdue">{} overdue</span>', duration(late))
    return format_html(_MUTED, f"due in {duration(left)}") if (left := cell.left_s) else NOTHING


def _standing(cell: QueueCell) -> SafeString:
    who = "you" if cell.is_for_me else cell.assignee
    assigned = format_html(_FOR, " is-me" if cell.is_for_me else "", who) if cell.assignee else NOTHING
    until = cell.snoozed_until
    snoozed = format_html(_SNOOZED, until.isoformat(), f"{until:%a %H:%M}") if until else NOTHING
    return format_html("{}{}{}", claim_badge(cell.claim), assigned, snoozed)


def _action(cell: QueueCell) -> SafeString | str:
    word = {"free": "Review", "mine": "Continue"}.get(cell.claim.standing)
    return format_html(_ACTION, _claim_url(cell.id), word) if word else NOTHING


def _claim_url(item_id: int) -> str:
    """Where an item is claimed. Working one out costs as much as the row."""
    before, after = _around()
    return f"{before}{item_id}{after}"


@cache
def _around() -> tuple[str, str]:
    before, _, after = reverse("review:claim", args=[0]).partition("0")
    return before, after
