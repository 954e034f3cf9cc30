"""Characters that are not drawn, or should not be in a text at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from monitors.characters import context
from monitors.characters.choice import choice_bits, placement_bits
from monitors.characters.finding import CERTAIN, CERTAIN_BITS, CHOICE_LIMIT, FORM_LIMIT, Finding, Span, form_bits, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind, members
from monitors.coders import invisible
from monitors.coders.bits import aligned_text_of, is_plausible, text_of

_POOL = (Kind.ZERO_WIDTH, Kind.DIRECTION, Kind.UNSEEN)
_ODDITIES = (Kind.SURROGATE, Kind.ANNOTATION, Kind.UNASSIGNED, Kind.PRIVATE)
# So many bits of choice in icons of a font, or in text of a broken encoding, are still no message.
_FREE_BITS = 16.0
_FREE_FORMS = 12.0
_PLACED_BITS = 12.0
_SHORTEST_BITS = 16
_LONG_RUN = 8
_LONG_WORD = 7
_WORD = re.compile(r"\S+")
_SOFT_HYPHEN = "\xad"
_HYPHENATED = re.compile("[^\\W\\d_](?:\xad?[^\\W\\d_])*")
# UTF-8 that was read as Latin-1 leaves C1 controls after letters; halves of one character are a broken escape.
_MOJIBAKE = re.compile("(?<=[\x80-\xf4])[\x80-\x9f]+")
_ESCAPE = re.compile("\x1b\\[[0-9;:?]*[A-Za-z]|\x1b")
_CONCEAL = re.compile("\x1b\\[(?:[0-9]+;)*8m")


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    """One finding for each kind; zero-width, direction and other invisible characters are read as one alphabet."""
    if Kind.TAG in kinds:
        yield from _tags(text, _runs(text, kinds[Kind.TAG], given))
    if Kind.SELECTOR in kinds:
        yield from _selectors(text, _runs(text, kinds[Kind.SELECTOR], given))
        yield from _emoji_forms(text)
    if Kind.OVERRIDE in kinds and (spans := _runs(text, kinds[Kind.OVERRIDE], given)):
        yield Finding(Kind.OVERRIDE, tuple(spans), CERTAIN, float(len(spans)))
    if pool := "".join(kinds.get(kind, "") for kind in _POOL):
        yield from _pool(text, kinds, _runs(text, pool, given), given)
    if _SOFT_HYPHEN in pool:
        yield from _soft_hyphens(text)
    for kind in _ODDITIES:
        if kind in kinds:
            yield from _oddities(kind, text, _runs(text, kinds[kind], given))
    if Kind.CONTROL in kinds:
        yield from _controls(text, _runs(text, kinds[Kind.CONTROL], given), given)


def _runs(text: str, chars: str, given: Given) -> list[Span]:
    runs = (run.span() for run in re.finditer(f"{members(chars).pattern}+", text))
    return [(start, end) for start, end in runs if not given.has_run(text, start, end)]


def _joined(text: str, spans: Iterable[Span]) -> str:
    return "".join(text[start:end] for start, end in spans)


def _tags(text: str, spans: list[Span]) -> Iterator[Finding]:
    spans = [(start, end) for start, end in spans if not context.is_flag(text, start, end)]
    if not spans:
        return
    shown = invisible.decode_tags(_joined(text, spans))
    if not is_plausible(shown):
        shown = aligned_text_of("".join(f"{ord(char):07b}" for char in shown)) or (shown if len(spans) == 1 else "")
    yield Finding(Kind.TAG, tuple(spans), CERTAIN, 7.0 * sum(end - start for start, end in spans), shown)


def _selectors(text: str, spans: list[Span]) -> Iterator[Finding]:
    spans = [(start, end) for start, end in spans if not context.is_ordinary_selector(text, start, end)]
    if not spans:
        return
    symbols = _joined(text, spans)
    payload = invisible.selector_text(symbols) or _bits_of_bytes(invisible.decode_variation_selectors(symbols))
    is_certain = bool(set(symbols) - {"\ufe0e", "\ufe0f"}) or _placed(text, spans) >= _PLACED_BITS
    bits = 8.0 * len(symbols) if is_certain else _choice(symbols, spans)
    suspicion = CERTAIN if is_certain else _graded(bits, form_bits(symbols))
    yield Finding(Kind.SELECTOR, tuple(spans), suspicion, bits, payload if is_certain and len(set(symbols)) > 1 else "")


def _emoji_forms(text: str) -> Iterator[Finding]:
    """One emoji now with and now without its selector, beyond what carelessness does."""
    bases = "".join(sorted(set(re.findall("([^\x00-\x7f])\ufe0f", text))))
    if not bases:
        return
    forms: dict[str, list[bool]] = {base: [] for base in bases}
    sites = list(re.finditer(f"([{re.escape(bases)}])(\ufe0f?)", text))
    for site in sites:
        forms[site[1]].append(bool(site[2]))
    bits = sum(map(choice_bits, forms.values())) - _FREE_FORMS
    if bits > 0:
        spans = tuple(site.span() for site in sites if site[2])
        yield Finding(Kind.SELECTOR, spans, soft(bits, CHOICE_LIMIT), bits)


def _bits_of_bytes(data: bytes) -> str:
    return text_of("".join(f"{byte:08b}" for byte in data)) or ""


def _graded(choice: float, form: float) -> float:
    """Certain by choice, else by form alone and below every threshold."""
    if choice >= CERTAIN_BITS:
        return CERTAIN
    return max(soft(choice, CHOICE_LIMIT), soft(form, FORM_LIMIT))


def _pool(text: str, kinds: Mapping[Kind, str], spans: list[Span], given: Given) -> Iterator[Finding]:
    spans = [(start, end) for start, end in spans if not _is_ordinary(text, start, end)]
    symbols = _joined(text, spans)
    choice = _choice(symbols, spans)
    if not spans or given.has_sequence(symbols) or (not choice and given.has_characters(symbols)):
        return
    placed = _placed(text, spans)
    payload = _pool_payload(symbols, kinds)
    is_certain = bool(payload) or placed >= _PLACED_BITS or any(_is_certain_run(text, *span) for span in spans)
    form = form_bits(symbols)
    suspicion = CERTAIN if is_certain else _graded(choice, form)
    yield Finding(_pool_kind(symbols, kinds), tuple(spans), suspicion, max(choice, placed, form), payload)


def _is_ordinary(text: str, start: int, end: int) -> bool:
    if text[start:end] == _SOFT_HYPHEN:
        return text[start - 1 : start].isalpha() and text[end : end + 1].isalpha() and start > 0
    return context.is_ordinary_unseen(text, start, end)


def _pool_kind(symbols: str, kinds: Mapping[Kind, str]) -> Kind:
    return max(_POOL, key=lambda kind: sum(symbols.count(char) for char in kinds.get(kind, "")))


def _pool_payload(symbols: str, kinds: Mapping[Kind, str]) -> str:
    """What zero-width characters alone spell, or all of them together."""
    zero_width = "".join(char for char in symbols if char in kinds.get(Kind.ZERO_WIDTH, ""))
    for read in dict.fromkeys((zero_width, symbols)):
        if len(read) >= _SHORTEST_BITS and (payload := invisible.decode_zero_width(read)):
            return payload
    return ""


def _choice(symbols: str, spans: list[Span]) -> float:
    """In which characters they are, or in how many stand together."""
    return max(choice_bits(symbols), choice_bits([end - start for start, end in spans]))


def _placed(text: str, spans: list[Span]) -> float:
    return placement_bits(_has_one(text, spans)) if len(spans) >= 6 else 0.0


def _has_one(text: str, spans: list[Span]) -> list[bool]:
    """For each word between the first and the last span, whether a span stands in it or at its end."""
    first, last = spans[0][0], spans[-1][1]
    start = max(text.rfind(" ", 0, first), text.rfind("\n", 0, first)) + 1
    marks = set(_joined(text, spans))
    return [not marks.isdisjoint(word) for word in _WORD.findall(text[start:last])]


def _is_certain_run(text: str, start: int, end: int) -> bool:
    if end - start < 2:
        return False
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    is_in_word = before.isascii() and before.isalpha() and after.isascii() and after.isalpha()
    return is_in_word or (end - start >= _LONG_RUN and len(set(text[start:end])) > 1)


def _soft_hyphens(text: str) -> Iterator[Finding]:
    """Which long words are hyphenated: a typesetter does it everywhere, so that this alone never flags."""
    words = [word.group() for word in _HYPHENATED.finditer(text) if len(word.group()) >= _LONG_WORD]
    if bits := placement_bits([_SOFT_HYPHEN in word for word in words]):
        spans = tuple(match.span() for match in re.finditer(_SOFT_HYPHEN, text))
        yield Finding(Kind.UNSEEN, spans, soft(bits, FORM_LIMIT), bits)


def _oddities(kind: Kind, text: str, spans: list[Span]) -> Iterator[Finding]:
    """Icons and broken text repeat themselves; an alphabet of such characters does not."""
    spans = [(start, end) for start, end in spans if not _is_split_character(text[start:end])]
    if not spans:
        return
    symbols = _joined(text, spans)
    choice = choice_bits(symbols)
    suspicion = max(soft(choice - _FREE_BITS, CHOICE_LIMIT), soft(form_bits(symbols), FORM_LIMIT))
    yield Finding(kind, tuple(spans), suspicion, max(choice, form_bits(symbols)))


def _is_split_character(run: str) -> bool:
    return len(run) == 2 and "\ud800" <= run[0] <= "\udbff" and "\udc00" <= run[1] <= "\udfff"


def _controls(text: str, spans: list[Span], given: Given) -> Iterator[Finding]:
    sequences = (match.span() for match in _ESCAPE.finditer(text))
    if escapes := tuple((start, end) for start, end in sequences if not given.has_run(text, start, end)):
        is_concealed = _CONCEAL.search(text) is not None
        suspicion = CERTAIN if is_concealed else soft(float(len(escapes)), FORM_LIMIT)
        yield Finding(Kind.ESCAPE, escapes, suspicion, float(len(escapes)))
    broken = {match.span() for match in _MOJIBAKE.finditer(text)}
    rest = [(start, end) for start, end in spans if (start, end) not in broken and text[start:end] != "\x1b"]
    yield from _oddities(Kind.CONTROL, text, rest)
