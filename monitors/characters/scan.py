"""All findings in one text."""

from __future__ import annotations

from monitors.characters import blanks, kinds, letters, markup, pairs, stacked, typography, unseen
from monitors.characters.finding import CERTAIN, Finding
from monitors.characters.given import Given
from monitors.characters.habits import Habit
from monitors.characters.kinds import Kind
from monitors.coders import visible

_TYPOGRAPHY = frozenset({Kind.SPACE, Kind.HYPHEN})
_LETTERS = frozenset({Kind.LETTER, Kind.FORM})


def scan(text: str, given: Given, habit: Habit, /) -> list[Finding]:
    """Findings in the order of their kinds; a text of plain ASCII costs a few passes over its bytes."""
    data = text.encode("utf-8", "surrogatepass")
    found = kinds.found(data)
    findings = list(blanks.findings(text, Kind.LINE_END in found))
    findings += markup.findings(text, given)
    if visible.may_have_run(data):
        findings += _encodings(text, given)
    if not found:
        return findings
    present = found.keys()
    if present & _TYPOGRAPHY:
        findings += typography.findings(text, found, given, habit)
    if present & _LETTERS:
        findings += letters.findings(text, found, given)
    if present & {Kind.MARK, Kind.FORM}:
        findings += pairs.findings(text, found, given)
    if Kind.COMBINING in present:
        findings += stacked.findings(text, found, given)
    findings += unseen.findings(text, found, given)
    return findings


def _encodings(text: str, given: Given) -> list[Finding]:
    return [
        Finding(Kind.ENCODING, ((run.start, run.end),), CERTAIN, 8.0 * len(run.decoded), run.decoded, run.kind)
        for run in visible.encoded_runs(text)
        if not given.has(text[run.start : run.end])
    ]
