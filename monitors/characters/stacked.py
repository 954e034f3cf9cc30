"""Combining marks: piled up, where no letter takes them, and one letter written in one and in two code points."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from monitors.characters.choice import choice_bits
from monitors.characters.finding import CHOICE_LIMIT, FORM_LIMIT, PRESENCE, Finding, form_bits, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind, members
from monitors.characters.placement import placed

_FREE_BITS = 6.0
_SPELLING_BITS = 4.0
# No orthography sets three marks on one letter; a few such letters are a joke or a quotation.
_PILED, _MANY = 3, 4


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    if not (chars := kinds.get(Kind.COMBINING, "")):
        return
    mark = members(chars).pattern
    yield from _piles(text, mark, given)
    yield from _misplaced(text, mark, given)
    yield from _two_spellings(text, mark)


def _piles(text: str, mark: str, given: Given) -> Iterator[Finding]:
    runs = [run for run in re.finditer(f"{mark}{{2,}}", text) if not given.has_run(text, *run.span())]
    # Vietnamese and Greek letters carry two marks: what composes to one letter is spelling.
    runs = [run for run in runs if not _composes(text, run)]
    if runs:
        symbols = "".join(run.group() for run in runs)
        choice = choice_bits(symbols)
        is_piled = sum(len(run.group()) >= _PILED for run in runs) >= _MANY
        suspicion = max(soft(choice - 4 * _FREE_BITS, CHOICE_LIMIT), soft(form_bits(symbols), FORM_LIMIT))
        yield Finding(Kind.COMBINING, tuple(run.span() for run in runs), max(suspicion, PRESENCE * is_piled), choice)


def _composes(text: str, run: re.Match[str]) -> bool:
    return len(unicodedata.normalize("NFC", text[run.start() - 1 : run.end()])) == 1 and run.start() > 0


def _misplaced(text: str, mark: str, given: Given) -> Iterator[Finding]:
    """Marks in words of ASCII letters that have no such form: a letter of mathematics stands alone."""
    found = re.finditer(
        f"(?:(?<=[A-Za-z][A-Za-z])|(?<=[.,;:!?])){mark}(?!{mark})|(?<=[A-Za-z]){mark}(?=[A-Za-z])", text
    )
    spans = [match.span() for match in found if _is_misplaced(text, *match.span())]
    spans = [span for span in spans if not given.has_run(text, *span)]
    if len(spans) < _MANY:
        return
    symbols = "".join(text[start] for start, _ in spans)
    placement, payload = placed(text, spans)
    bits = max(placement, choice_bits(symbols))
    if bits > _FREE_BITS:
        suspicion = max(soft(bits - _FREE_BITS / 2, CHOICE_LIMIT), float(bool(payload)))
        yield Finding(Kind.COMBINING, tuple(spans), suspicion, bits, payload)


def _is_misplaced(text: str, start: int, end: int) -> bool:
    return len(_composed(text[start - 1 : end])) > 1


def _two_spellings(text: str, mark: str) -> Iterator[Finding]:
    """A letter and its mark against the composed letter, for letters that occur in both spellings."""
    split = [match for match in re.finditer(rf"[^\W\d_]{mark}", text) if len(_composed(match.group())) == 1]
    twins = "".join(sorted({_composed(match.group()) for match in split} & set(text)))
    if not twins:
        return
    spellings = [len(match.group()) > 1 for match in re.finditer(rf"[^\W\d_]{mark}|[{twins}]", text)]
    bits = choice_bits(spellings) - _SPELLING_BITS
    if bits > 0:
        yield Finding(Kind.COMBINING, tuple(match.span() for match in split), soft(bits, CHOICE_LIMIT), bits)


def _composed(pair: str) -> str:
    return unicodedata.normalize("NFC", pair)
