"""The trace page: one transcript's text with its evidence marked, and what every monitor made of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from monitors.transcript import Part, PartType
from monitors.transcript import Transcript as Content
from oversight.dashboard import findings, surprisal, words
from oversight.dashboard.findings import Finding, FlaggedStep, Progress
from oversight.dashboard.hidden import HiddenRun, Kind, hidden_runs
from oversight.dashboard.strip import Strip, strip_of
from oversight.dashboard.text_view import Chunk, PartText
from oversight.dashboard.windows import Slice, Window, window_of, windows_of
from oversight.lib.errors import NotFound
from oversight.monitoring import selectors as monitoring
from oversight.monitoring.selectors import ScoreRow
from oversight.transcripts import selectors as transcripts
from oversight.transcripts.exact_text import to_stored
from oversight.transcripts.models import Transcript


@dataclass(frozen=True, slots=True)
class Beside:
    """A score of another app, which a link to the page asks for: `key` is what its address says, such as "rubric=7"."""

    row: ScoreRow
    key: str
    title: str
    word: str
    tone: str


# By the name in the address: finds one by its id for a transcript, in these projects. Raises NotFound.
BESIDE: dict[str, Callable[[int, UUID, Collection[int]], Beside]] = {}


@dataclass(frozen=True, slots=True)
class PartView:
    """One part under its heading, with the chunks that this window holds of it."""

    index: int
    part: Part
    channel: str
    title: str
    role: str
    badge: tuple[str, str, str] | None
    n_steps: int
    chunks: tuple[Chunk, ...]
    begins_before: bool
    goes_on: bool
    end: int = 0

    @property
    def start(self) -> int:
        """Where this window's text of it begins; it ends at `end`."""
        return self.chunks[0].start if self.chunks else 0

    @property
    def anchor(self) -> str:
        return str(self.index)

    @property
    def n_chars(self) -> int:
        return len(self.part.text)

    @property
    def name(self) -> str:
        """A tool's name; what no page can carry in it is replaced."""
        return to_stored(self.part.name)[0]


@dataclass(frozen=True, slots=True)
class Hidden:
    """How many characters are not drawn, of which kinds, and what they spell."""

    count: int
    kinds: tuple[str, ...]
    spelt: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TracePage:
    """Everything the page shows of a transcript, beside the verdict pane."""

    transcript: Transcript
    parts: tuple[PartView, ...]
    findings: tuple[Finding, ...]
    flagged: tuple[FlaggedStep, ...]
    progress: Progress
    hidden: Hidden
    window: Window
    n_marks: int
    n_unmarked: int
    is_raw: bool
    has_surprisal: bool = False
    legend: tuple[surprisal.Step, ...] = ()
    n_tokens: int | None = None
    beside: Beside | None = None
    is_blind: bool = False
    strip: Strip | None = None

    @property
    def strip_json(self) -> str:
        """For the minimap's script: numbers alone."""
        return json.dumps(self.strip, separators=(",", ":"))

    @property
    def is_surprisal(self) -> bool:
        return bool(self.legend)

    @property
    def mode(self) -> str:
        """What a link to another window of the same view must say."""
        return "&surprisal=1" * self.is_surprisal + "&raw=1" * self.is_raw + _key(self.beside)


def head(pk: UUID, projects: Iterable[int]) -> Transcript:
    """The transcript without its text. One query. Raises NotFound also for what is in another project."""
    found = Transcript.objects.filter(pk=pk, project_id__in=projects).select_related("model_run", "project")
    transcript = found.first()
    if transcript is None:
        raise NotFound("There is no such transcript in your projects.")
    return transcript


def beside_of(query: Mapping[str, str], transcript_id: UUID, projects: Collection[int]) -> Beside | None:
    """What the address asks to be shown beside the monitors' scores. Raises NotFound when it is not there."""
    for name, find in BESIDE.items():
        if asked := query.get(name, ""):
            return find(int(asked) if asked.isdecimal() and len(asked) < 19 else 0, transcript_id, projects)
    return None


def _key(beside: Beside | None) -> str:
    return f"&{beside.key}" if beside else ""


def trace_page(
    transcript: Transcript,
    *,
    number: int = 1,
    is_raw: bool = False,
    is_surprisal: bool = False,
    beside: Beside | None = None,
    is_blind: bool = False,
) -> TracePage:
    """The page of a transcript whose reading has been recorded. Four queries; one more for the surprise of tokens.

    Read blind, it is made without any score: there is nothing in it to hide.
    """
    is_surprisal, beside = is_surprisal and not is_blind, None if is_blind else beside
    tokens = surprisal.tokens_of(transcript.pk) if is_surprisal and not is_raw else None
    content = transcripts.load([transcript.pk])[transcript.pk]
    scores = () if is_blind else monitoring.scores_of(transcript.pk)
    pending = () if is_blind else monitoring.pending_of(transcript.pk)
    found = findings.find((*scores, beside.row) if beside else scores, content)
    texts = [
        PartText.of(
            part.text,
            part.steps or (),
            (s for s in found.spans.values() if s.part == index),
            raw=is_raw,
            tokens=(tokens or {}).get(index, ()),
        )
        for index, part in enumerate(content.parts)
    ]
    windows = windows_of(texts, surprisal.WINDOW_CHARS if is_surprisal else None)
    window = Window(min(max(1, number), len(windows)), len(windows))

    def link(part: int, step: int, anchor: str) -> str:
        page = window_of(windows, part, step)
        mode = "&surprisal=1" * is_surprisal + _key(beside)
        return f"#{anchor}" if page == window.number else f"?w={page}{mode}#{anchor}"

    return TracePage(
        transcript=transcript,
        parts=tuple(part_views(content, texts, windows[window.number - 1])),
        findings=_titled(findings.panel(found, texts, link), beside),
        flagged=findings.flagged_steps(found, texts, link),
        progress=findings.progress_of(scores, pending),
        hidden=_hidden(hidden_runs(text.text) if is_raw else text.hidden for text in texts),
        window=window,
        n_marks=len(found.spans),
        n_unmarked=found.n_unmarked,
        is_raw=is_raw,
        has_surprisal=any(score.monitor == surprisal.MONITOR and score.value is not None for score in scores),
        legend=surprisal.legend() if is_surprisal and not is_raw else (),
        n_tokens=None if tokens is None else sum(map(len, tokens.values())),
        beside=beside,
        is_blind=is_blind,
        strip=strip_of(texts, content.channels(), found.spans.values(), windows, window.number),
    )


def _titled(found: tuple[Finding, ...], beside: Beside | None) -> tuple[Finding, ...]:
    """The other app's score first, called as it calls it."""
    if beside is None:
        return found
    own = [one for one in found if one.row is beside.row]
    said = [replace(one, title=beside.title, word=beside.word, tone=beside.tone) for one in own]
    return (*said, *(one for one in found if one.row is not beside.row))


def part_views(content: Content, texts: Sequence[PartText], window: Sequence[Slice]) -> Iterator[PartView]:
    """The parts of one window, each under its heading."""
    roles = [message.role for message in content.messages for _ in message.parts]
    channels = content.channels()
    for held in window:
        part, text = content.parts[held.part], texts[held.part]
        yield PartView(
            index=held.part,
            part=part,
            channel=channels[held.part].value,
            title=_title(part, channels[held.part].value),
            role=roles[held.part].value,
            badge=words.VISIBILITIES.get(part.visibility) if part.visibility else None,
            n_steps=len(text.steps) if text.text else 0,
            chunks=tuple(text.chunks(held.first, held.last)) if text.text else (),
            begins_before=held.first > 0,
            goes_on=held.last < len(text.steps),
            end=text.begins(held.last),
        )


def _title(part: Part, channel: str) -> str:
    if part.type is PartType.TOOL_CALL:
        return "Tool call"
    if part.type is PartType.TOOL_RESULT:
        return "Tool result"
    if part.type is PartType.OPAQUE:
        return "Opaque block"
    return words.CHANNELS[channel]


def _hidden(texts: Iterable[Iterable[HiddenRun]]) -> Hidden:
    kinds: Counter[Kind] = Counter()
    spelt: dict[str, None] = {}
    for run in chain.from_iterable(texts):
        kinds[run.kind] += run.end - run.start
        if run.spells:
            spelt[run.spells] = None
    return Hidden(kinds.total(), tuple(kind.counted(n) for kind, n in kinds.most_common()), tuple(spelt)[:5])
