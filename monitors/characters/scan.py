"""All findings in one text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitors.characters import (
    blanks,
    digits,
    gaps,
    kinds,
    letters,
    line_ends,
    markup,
    pairs,
    quotes,
    stacked,
    typography,
    unseen,
)
from monitors.characters.finding import CERTAIN, Finding
from monitors.characters.given import Given
from monitors.characters.habits import Habit
from monitors.characters.kinds import Kind
from monitors.coders import visible

_TYPOGRAPHY = frozenset({Kind.SPACE, Kind.HYPHEN})
_LETTERS = frozenset({Kind.LETTER, Kind.FORM, Kind.GREEK})
_TWINS = frozenset({Kind.MARK, Kind.FORM, Kind.LIGATURE})
_ENDS = frozenset({Kind.LINE_END, Kind.CONTROL})


def scan(text: str, given: Given, habit: Habit, /) -> list[Finding]:
    """Findings in the order of their kinds, without passages that are only repeated.

    A text of plain ASCII costs a few passes over its bytes.
    """
    return [finding for finding in _findings(text, given, habit) if not _is_repeated(text, finding, given)]


def _is_repeated(text: str, finding: Finding, given: Given) -> bool:
    """All from the first place to the last stands in the prompt; single places were compared before."""
    if not given.texts or len(finding.spans) < 2:
        return False
    return given.has(text[min(start for start, _ in finding.spans) : max(end for _, end in finding.spans)])


def _findings(text: str, given: Given, habit: Habit) -> list[Finding]:
    data = text.encode("utf-8", "surrogatepass")
    odd = kinds.odd(data)
    found = kinds.found(odd) if odd else {}
    spaces = found.get(Kind.SPACE, "") + ("\u2800" if "\u2800" in found.get(Kind.UNSEEN, "") else "")
    findings = list(blanks.findings(text, bool(odd), Kind.LINE_END in found, spaces, habit))
    findings += gaps.findings(text, spaces, given)
    findings += markup.findings(text, given)
    findings += _encodings(text, data, given)
    if found:
        findings += _by_characters(text, found, given, habit)
    return findings


def _by_characters(text: str, found: Mapping[Kind, str], given: Given, habit: Habit) -> Iterator[Finding]:
    present = found.keys()
    if present & _ENDS:
        yield from line_ends.findings(text)
    if present & _TYPOGRAPHY:
        yield from typography.findings(text, found, given, habit)
    if present & _LETTERS:
        yield from letters.findings(text, found, given)
    if present & _TWINS:
        yield from pairs.findings(text, found, given)
    if Kind.QUOTE in present:
        yield from quotes.findings(text, found[Kind.QUOTE], given, habit)
    if Kind.DIGIT in present:
        yield from digits.findings(text, found, given)
    if Kind.COMBINING in present:
        yield from stacked.findings(text, found, given)
    yield from unseen.findings(text, found, given)


def _encodings(text: str, data: bytes, given: Given) -> list[Finding]:
    return [
        Finding(Kind.ENCODING, ((run.start, run.end),), CERTAIN, 8.0 * len(run.decoded), run.decoded, run.kind)
        for run in visible.encoded_runs(text, data)
        if not given.has(text[run.start : run.end])
    ]
