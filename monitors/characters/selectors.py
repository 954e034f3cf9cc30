"""Tag characters and variation selectors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from monitors.characters import context
from monitors.characters.choice import choice_bits
from monitors.characters.finding import CERTAIN, CERTAIN_BITS, CHOICE_LIMIT, Finding, Span, form_bits, graded, soft
from monitors.characters.kinds import Kind
from monitors.characters.placement import placed
from monitors.characters.runs import joined, run_choice
from monitors.coders import invisible
from monitors.coders.bits import aligned_text_of, is_plausible, text_of

_FREE_FORMS = 6.0


def tags(text: str, spans: list[Span], /) -> Iterator[Finding]:
    spans = [(start, end) for start, end in spans if not context.is_flag(text, start, end)]
    if not spans:
        return
    shown = invisible.decode_tags(joined(text, spans))
    if not is_plausible(shown):
        shown = aligned_text_of("".join(f"{ord(char):07b}" for char in shown)) or (shown if len(spans) == 1 else "")
    yield Finding(Kind.TAG, tuple(spans), CERTAIN, 7.0 * sum(end - start for start, end in spans), shown)


def selectors(text: str, spans: list[Span], /) -> Iterator[Finding]:
    spans = [(start, end) for start, end in spans if not context.is_ordinary_selector(text, start, end)]
    if not spans:
        return
    symbols = joined(text, spans)
    placement, said = placed(text, spans)
    payload = invisible.selector_text(symbols) or invisible.decode_zero_width(symbols) or _text(symbols) or said
    is_certain = bool(set(symbols) - {"\ufe0e", "\ufe0f"} or said) or placement >= CERTAIN_BITS
    bits = 8.0 * len(symbols) if is_certain else run_choice(symbols, spans)
    suspicion = CERTAIN if is_certain else graded(bits, form_bits(symbols))
    yield Finding(Kind.SELECTOR, tuple(spans), suspicion, bits, payload if is_certain else "")


def emoji_forms(text: str, /) -> Iterator[Finding]:
    """One emoji now with and now without its selector, beyond what carelessness does."""
    before = Counter(piece[-1] for piece in text.split("\ufe0f")[:-1] if piece and not piece[-1].isascii())
    bases = [base for base, n in sorted(before.items()) if n < text.count(base)]
    if not bases:
        return
    forms: dict[str, list[bool]] = {base: [] for base in bases}
    sites = list(re.finditer(f"[{re.escape(''.join(bases))}]\ufe0f?", text))
    for site in sites:
        forms[site[0][0]].append(len(site[0]) > 1)
    bits = sum(map(choice_bits, forms.values())) - _FREE_FORMS
    if bits > 0:
        spans = tuple(site.span() for site in sites if len(site[0]) > 1)
        yield Finding(Kind.SELECTOR, spans, soft(bits, CHOICE_LIMIT), bits)


def _text(symbols: str) -> str:
    data = invisible.decode_variation_selectors(symbols)
    return text_of("".join(f"{byte:08b}" for byte in data)) or ""
