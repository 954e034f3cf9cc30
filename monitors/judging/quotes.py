"""Quotes are found in what was shown, or they are void. Offsets are ours, never the judge's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from monitors.base import Evidence
from monitors.judging.contract import Quote
from monitors.judging.shown import show
from monitors.judging.windows import Excerpt
from monitors.transcript import Transcript

# A shorter quote is found in nearly any text and supports nothing.
MIN_BYTES = 4
_WORD = re.compile(r"\S+")


def locate(quote: Quote, excerpts: Sequence[Excerpt], transcript: Transcript) -> Evidence | None:
    """The first place in the quote's source that equals it after NFKC and white-space folding, or None."""
    passage = find(quote, excerpts)
    if passage is None:
        return None
    start, end = passage.range
    found = transcript.parts[passage.part].text[start:end]
    return Evidence(passage.part, start, end, found, show(quote.why).text[:400])


def find(quote: Quote, excerpts: Sequence[Excerpt]) -> Excerpt | None:
    """The piece of an excerpt that a quote repeats, found as by `locate`."""
    wanted = fold(unicodedata.normalize("NFKC", quote.quote))
    if len(wanted.encode("utf-8", "surrogatepass")) < MIN_BYTES:
        return None
    for excerpt in excerpts:
        if excerpt.source == quote.source and (place := _place(excerpt.shown.text, wanted)):
            return excerpt.cut(*place)
    return None


def _place(text: str, wanted: str) -> tuple[int, int] | None:
    """Where folded text first stands in one that is not folded."""
    folded = _folded(text)
    at = folded.find(wanted)
    if at < 0:
        return None
    # Words are the same in both: those before it are counted.
    first, last = folded.count(" ", 0, at), folded.count(" ", 0, at + len(wanted))
    words = list(islice(_WORD.finditer(text), first, last + 1))
    into = at - (folded.rfind(" ", 0, at) + 1)
    until = at + len(wanted) - (folded.rfind(" ", 0, at + len(wanted)) + 1)
    return words[0].start() + into, words[-1].start() + until


# The quotes of several rubrics are looked for in the same texts.
@lru_cache(64)
def _folded(text: str) -> str:
    return fold(text)


def fold(text: str, /) -> str:
    """Runs of white space to one blank, none at the ends."""
    return " ".join(text.split())
