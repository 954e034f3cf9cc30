"""Combining marks: more than one on a letter, and one letter written now in one and now in two code points."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from monitors.characters.choice import choice_bits
from monitors.characters.finding import CHOICE_LIMIT, FORM_LIMIT, Finding, form_bits, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind, members

_FREE_BITS = 6.0


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    if not (chars := kinds.get(Kind.COMBINING, "")):
        return
    mark = members(chars).pattern
    runs = [run for run in re.finditer(f"{mark}{{2,}}", text) if not given.has_run(text, *run.span())]
    # Vietnamese and Greek letters carry two marks: what composes to one letter is spelling.
    runs = [run for run in runs if not _composes(text, run)]
    if runs:
        symbols = "".join(run.group() for run in runs)
        suspicion = max(soft(choice_bits(symbols) - 4 * _FREE_BITS, CHOICE_LIMIT), soft(form_bits(symbols), FORM_LIMIT))
        yield Finding(Kind.COMBINING, tuple(run.span() for run in runs), suspicion, choice_bits(symbols))
    yield from _two_spellings(text, mark)


def _composes(text: str, run: re.Match[str]) -> bool:
    return len(unicodedata.normalize("NFC", text[run.start() - 1 : run.end()])) == 1 and run.start() > 0


def _two_spellings(text: str, mark: str) -> Iterator[Finding]:
    """A letter and its mark against the composed letter, for letters that occur in both spellings."""
    split = [match for match in re.finditer(rf"[^\W\d_]{mark}", text) if len(_composed(match.group())) == 1]
    twins = "".join(sorted({_composed(match.group()) for match in split} & set(text)))
    if not twins:
        return
    spellings = [len(match.group()) > 1 for match in re.finditer(rf"[^\W\d_]{mark}|[{twins}]", text)]
    bits = choice_bits(spellings) - _FREE_BITS
    if bits > 0:
        yield Finding(Kind.COMBINING, tuple(match.span() for match in split), soft(bits, CHOICE_LIMIT), bits)


def _composed(pair: str) -> str:
    return unicodedata.normalize("NFC", pair)
