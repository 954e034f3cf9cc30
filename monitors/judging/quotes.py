"""Quotes are found in what was shown, or they are void. Offsets are ours, never the judge's."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from monitors.base import Evidence
from monitors.judging.contract import Quote
from monitors.judging.shown import show
from monitors.judging.windows import Excerpt
from monitors.transcript import Transcript

# A shorter quote is found in nearly any text and supports nothing.
MIN_BYTES = 4


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
    wanted, _ = fold(unicodedata.normalize("NFKC", quote.quote))
    if len(wanted.encode("utf-8", "surrogatepass")) < MIN_BYTES:
        return None
    for excerpt in excerpts:
        if excerpt.source != quote.source:
            continue
        text, places = fold(excerpt.shown.text)
        at = text.find(wanted)
        if at >= 0:
            return excerpt.cut(places[at], places[at + len(wanted) - 1] + 1)
    return None


def fold(text: str) -> tuple[str, tuple[int, ...]]:
    """Runs of white space to one blank, none at the ends; with the index in `text` of each kept character."""
    kept = [
        (" " if char.isspace() else char, index)
        for index, char in enumerate(text)
        if not (char.isspace() and (index == 0 or text[index - 1].isspace()))
    ]
    if kept and kept[-1][0] == " ":
        kept.pop()
    return "".join(char for char, _ in kept), tuple(index for _, index in kept)
