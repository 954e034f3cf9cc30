"""Parities: of word lengths, and of the number of words, letters and characters in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.patterns.layout import Layout, Numbers
from monitors.patterns.stream import Stream, stream


def streams(layout: Layout) -> Iterator[Stream]:
    """Odd is 1."""
    starts, ends = layout.word_starts, layout.word_ends
    yield stream("parity.words/letters", (ends - starts) & 1, starts, ends)
    sentences, prose = layout.sentences, layout.prose
    yield from _sentences(layout, "all", sentences)
    if len(prose[0]) < len(sentences[0]):
        yield from _sentences(layout, "prose", prose)


def _sentences(layout: Layout, kind: str, bounds: tuple[Numbers, Numbers]) -> Iterator[Stream]:
    starts, ends = layout.word_starts, layout.word_ends
    a, b = np.searchsorted(starts, bounds[0]), np.searchsorted(starts, bounds[1])
    some = np.flatnonzero(b > a)
    first, last = a[some], b[some] - 1
    yield stream(f"parity.first_words/{kind}", (ends[first] - starts[first]) & 1, starts[first], ends[first])
    yield stream(f"parity.last_words/{kind}", (ends[last] - starts[last]) & 1, starts[last], ends[last])
    yield stream(f"parity.sentences/{kind}.words", (b - a) & 1, *bounds)
    places, tokens = layout.letter_places, layout.token_bounds[0]
    for name, sites in (("letters", places), ("tokens", tokens)):
        n_sites = np.searchsorted(sites, bounds[1]) - np.searchsorted(sites, bounds[0])
        yield stream(f"parity.sentences/{kind}.{name}", n_sites & 1, *bounds)
    yield stream(f"parity.sentences/{kind}.characters", (bounds[1] - bounds[0]) & 1, *bounds)
