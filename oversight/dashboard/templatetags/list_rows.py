"""The rows of the list of transcripts and of the overview's tables: `{% load list_rows %}`.

A page has fifty to some hundreds of them. Drawn here they cost a fifth of what a template of them does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django import template
from django.utils.safestring import SafeString

from oversight.dashboard.coverage import ModelLine
from oversight.dashboard.templatetags.instruments import ago, score, share, trace_url
from oversight.dashboard.traces import Standing, TraceRow
from oversight.lib.markup import format_html, format_html_join
from oversight.transcripts.models import ModelRun

register = template.Library()
NOTHING = ""
_TRANSCRIPT = """<tr tabindex="-1">
<td class="pick"><label class="target">{box}</label></td>
<td class="clip foreign"><a href="{url}" title="{name}">{name}</a>{planted}</td>
<td class="nowrap">{standing}</td>
<td class="foreign">{model}</td>
<td>{visibility}</td>
<td class="num col-low">{n_steps}</td>
<td class="num col-low">{n_chars}</td>
<td class="num col-low">{n_tokens}</td>
<td class="num nowrap">{age}</td>
</tr>"""
_BOX = '<input type="checkbox" name="t" value="{}" form="compare" aria-label="Compare {}">'
_MODEL = (
    '<tr><th scope="row" class="foreign">{model}</th><td class="foreign muted">{checkpoint}</td>'
    '<td class="num">{received}</td>'
    '<td class="num nowrap">{flagged} <span class="muted">{flag_share}</span></td>'
    '<td class="num nowrap">{reviewed} <span class="muted">{reviewed_share}</span></td>'
    '<td class="num nowrap">{unscored} <span class="muted">of {measured}</span></td></tr>'
)
_LINK = '<a href="{}{}{}">{}</a>'
_MUTED = '<span class="muted">{}</span>'
_BADGE = '<span class="badge badge-{}">{}</span>'
_CELL, _NUMBER, _ROW = '<td class="foreign">{}</td>', '<td class="num">{}</td>', "<tr>{}{}</tr>"


@register.simple_tag
def transcript_row(row: TraceRow) -> SafeString:
    """A transcript as the list of traces shows it: its head and what monitors say, never text."""
    one = row.transcript
    return format_html(
        _TRANSCRIPT,
        box=format_html(_BOX, str(one.pk), one.external_id),
        name=one.external_id,
        url=trace_url(one.pk),
        planted=format_html(" {}", format_html(_BADGE, "info", "Planted")) if one.planted else NOTHING,
        standing=_standing(row.standing),
        model=_model(one.model_run),
        visibility=_visibility(one.visibility),
        n_steps=f"{one.n_steps:,}",
        n_chars=f"{one.n_chars:,}",
        n_tokens=format_html(_MUTED, "–") if one.output_tokens is None else f"{one.output_tokens:,}",
        age=ago(one.received_at),
    )


def _standing(standing: Standing) -> SafeString:
    if standing.hidden:
        return format_html(_MUTED, "after your verdict")
    worst = score(standing.worst) if standing.n_scores else NOTHING
    flagged = format_html(" {}", format_html(_BADGE, "danger", "Flagged")) if standing.flagged else NOTHING
    if standing.n_pending:
        return format_html("{}{} {}", worst, flagged, format_html(_MUTED, f"{standing.n_pending} to come"))
    return format_html("{}{}{}", worst, flagged, NOTHING if standing.n_scores else format_html(_MUTED, "no score yet"))


def _model(run: ModelRun) -> SafeString:
    checkpoint = format_html(" {}", format_html(_MUTED, run.checkpoint)) if run.checkpoint else NOTHING
    name = format_html("<br>{}", format_html(_MUTED, run.name)) if run.name else NOTHING
    return format_html("{}{}{}", run.model or "not stated", checkpoint, name)


def _visibility(visibility: str) -> SafeString | str:
    if visibility == "raw":
        return "raw"
    return format_html(_BADGE, "warn", visibility) if visibility else format_html(_MUTED, "none")


@register.simple_tag
def model_row(line: ModelLine, rows_url: str, scores_url: str) -> SafeString:
    """What became of a model's transcripts; each number leads to its rows."""
    query = line.query
    return format_html(
        _MODEL,
        model=line.model or "not stated",
        checkpoint=line.checkpoint or "–",
        received=format_html(_LINK, rows_url, "&of=received&", query, f"{line.received:,}"),
        flagged=_linked(line.flagged, rows_url, "&of=flagged&", query),
        flag_share=share(line.flag_share),
        reviewed=_linked(line.reviewed, rows_url, "&of=reviewed&", query),
        reviewed_share=share(line.reviewed_share),
        unscored=_linked(line.unscored, scores_url, "&state=unscored&", query),
        measured=f"{line.measured:,}",
    )


def _linked(number: int, url: str, of: str, query: str) -> SafeString | str:
    return format_html(_LINK, url, of, query, f"{number:,}") if number else "0"


@register.simple_tag
def figure_rows(rows: Iterable[Sequence[str]]) -> SafeString:
    """The rows of a table whose first column is a name and whose others are numbers."""
    return format_html_join(
        "",
        _ROW,
        ((format_html(_CELL, row[0]), format_html_join("", _NUMBER, zip(row[1:], strict=True))) for row in rows),
    )
