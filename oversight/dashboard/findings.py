"""What the monitors made of a transcript: spans for its text, and a panel with every score and its state."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from monitors.transcript import Transcript
from oversight.dashboard import words
from oversight.dashboard.marks import Span
from oversight.dashboard.text_view import PartText, Piece, step_at
from oversight.monitoring import selectors as monitoring
from oversight.monitoring.selectors import EvidenceRow, PendingRow, ScoreRow
from oversight.transcripts.exact_text import to_stored

MOST_MARKS = 2_000
QUOTE_CHARS = 240
PAYLOAD_CHARS = 600
STYLES = 5
_OWN_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}: ")

# Leads to a step or a mark, given its part and step and its anchor.
Link = Callable[[int, int, str], str]


@dataclass(frozen=True, slots=True)
class Quote:
    """A span as the panel lists it. `href` leads to its mark; empty when the text at its place is another.

    `payload` is what the span decodes to: as hostile as the text, and drawn like it.
    """

    number: int
    href: str
    place: str
    pieces: tuple[Piece, ...]
    is_cut: bool
    note: str
    payload: tuple[Piece, ...]
    is_payload_cut: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A score with its words. `style` is the underline of its marks.

    `least_seen`: the fewest hidden bits that it would have flagged, where a monitor that found nothing says so.
    """

    row: ScoreRow
    title: str
    backend: str
    tag: str
    style: int
    tone: str
    word: str
    why: str
    rationale: str
    quotes: tuple[Quote, ...]
    channels: tuple[tuple[str, float], ...]
    measures: tuple[tuple[str, str], ...]
    least_seen: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A monitor that has not ended yet."""

    title: str
    backend: str
    state: str
    row: PendingRow


@dataclass(frozen=True, slots=True)
class Progress:
    """What still runs, and a digest of what has ended: the page asks until the digest changes. Never content."""

    waiting: tuple[Waiting, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class FlaggedStep:
    """A step with evidence: for the outline."""

    href: str
    part: int
    number: int
    level: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """The scores of a transcript and the spans of their evidence, numbered in the order of the text."""

    scores: tuple[ScoreRow, ...]
    spans: dict[tuple[int, int], Span]

    @property
    def n_unmarked(self) -> int:
        return sum(len(score.evidence) for score in self.scores) - len(self.spans)


def progress(transcript_id: UUID, *, is_blind: bool = False) -> Progress:
    """Two queries; none, and nothing, for somebody who reads it blind."""
    if is_blind:
        return progress_of((), ())
    return progress_of(monitoring.scores_of(transcript_id), monitoring.pending_of(transcript_id))


def progress_of(scores: Sequence[ScoreRow], pending: Sequence[PendingRow]) -> Progress:
    ended = repr(sorted((score.deployment_id, str(score.at), score.state) for score in scores))
    waiting = tuple(
        Waiting(
            words.monitor_title(row.monitor),
            words.BACKENDS.get(row.backend, row.backend),
            words.RUN_STATES.get(row.state, row.state),
            row,
        )
        for row in pending
    )
    return Progress(waiting, hashlib.sha256(ended.encode()).hexdigest()[:16])


def find(scores: Sequence[ScoreRow], content: Transcript) -> Findings:
    """Flagged scores first, then the others that measured, then those that could not."""
    ordered = tuple(sorted(scores, key=lambda s: (not s.flagged, s.value is None, -(s.value or 0.0), s.monitor)))
    texts = [to_stored(part.text)[0] for part in content.parts]
    places = [
        (entry.part, entry.start, -entry.end, at, n)
        for at, score in enumerate(ordered)
        for n, entry in enumerate(score.evidence)
        if 0 <= entry.part < len(texts)
        and entry.start < entry.end
        and texts[entry.part][entry.start : entry.end] == entry.quote
    ]
    spans = {
        (at, n): _span(number, ordered[at], ordered[at].evidence[n], _styles(ordered)[ordered[at].monitor])
        for number, (_, _, _, at, n) in enumerate(sorted(places)[:MOST_MARKS], 1)
    }
    return Findings(ordered, spans)


def _styles(scores: Iterable[ScoreRow]) -> dict[str, int]:
    names = dict.fromkeys(score.monitor for score in scores if score.evidence)
    return {name: index % STYLES + 1 for index, name in enumerate(names)}


def _span(number: int, score: ScoreRow, entry: EvidenceRow, style: int) -> Span:
    title = f"{words.monitor_title(score.monitor)}: {entry.note}" if entry.note else words.monitor_title(score.monitor)
    heat = max(1, min(5, int((score.value or 0.0) * 5) + 1))
    return Span(number, entry.part, entry.start, entry.end, style, heat, words.monitor_tag(score.monitor), title)


def panel(findings: Findings, texts: Sequence[PartText], link: Link) -> tuple[Finding, ...]:
    """A row for each score, in the order of `find`."""
    styles = _styles(findings.scores)
    return tuple(
        Finding(
            row=score,
            title=words.monitor_title(score.monitor),
            backend=words.BACKENDS.get(score.backend, score.backend),
            tag=words.monitor_tag(score.monitor),
            style=styles.get(score.monitor, 0),
            tone=words.score_tone(score.state, flagged=score.flagged),
            word=words.score_word(score.state, flagged=score.flagged),
            why=words.reason_in_words(score.reason) if score.reason else "",
            rationale=_rationale(score),
            quotes=tuple(
                _quote(findings.spans.get((at, n)), entry, score, texts, link) for n, entry in enumerate(score.evidence)
            ),
            channels=tuple((words.CHANNELS.get(name, name), value) for name, value in score.channels.items()),
            measures=tuple(
                (words.measure_title(n), words.measure_number(v)) for n, v in sorted(score.measures.items())
            ),
            least_seen=_least_seen(score),
        )
        for at, score in enumerate(findings.scores)
    )


def _rationale(score: ScoreRow) -> str:
    """An error's message begins with the transcript's id, which the page shows already."""
    return _OWN_ID.sub("", score.rationale)


def _least_seen(score: ScoreRow) -> str:
    bits = score.measures.get("min_detectable_bits")
    return "" if bits is None or score.flagged or score.value is None else words.measure_number(bits)


def _quote(span: Span | None, entry: EvidenceRow, score: ScoreRow, texts: Sequence[PartText], link: Link) -> Quote:
    shown = PartText.of(entry.quote[:QUOTE_CHARS], (), ())
    payload = PartText.of(entry.payload[:PAYLOAD_CHARS], (), ())
    step = step_at(texts[entry.part].steps, entry.start) if span else 0
    return Quote(
        number=span.number if span else 0,
        href=link(entry.part, step, f"e{span.number}") if span else "",
        place=f"step {step}, characters {entry.start:,} to {entry.end:,}" if span else "not found in the text",
        pieces=tuple(shown.pieces(0, len(shown.text))),
        is_cut=len(entry.quote) > QUOTE_CHARS,
        note="" if entry.note in score.rationale else entry.note,
        payload=tuple(payload.pieces(0, len(payload.text))),
        is_payload_cut=len(entry.payload) > PAYLOAD_CHARS,
    )


def flagged_steps(findings: Findings, texts: Sequence[PartText], link: Link) -> tuple[FlaggedStep, ...]:
    """The steps in which evidence begins, in order."""
    found: dict[tuple[int, int], list[Span]] = {}
    for span in findings.spans.values():
        found.setdefault((span.part, step_at(texts[span.part].steps, span.start)), []).append(span)
    return tuple(
        FlaggedStep(
            href=link(part, step, f"p{part}s{step}"),
            part=part,
            number=step,
            level=max(span.heat for span in spans),
            tags=tuple(dict.fromkeys(span.tag for span in spans)),
        )
        for (part, step), spans in sorted(found.items())
    )
