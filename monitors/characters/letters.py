"""Letters that look like others: mixed words, words all of look-alikes, fullwidth and mathematical letters in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise
from string import ascii_lowercase
from typing import NamedTuple

from monitors.characters.choice import choice_bits
from monitors.characters.finding import CERTAIN, CERTAIN_BITS, FORM_LIMIT, Finding, Span, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind, members
from monitors.characters.lookalikes import LETTERS, SCRIPTS, SMALL_GREEK
from monitors.characters.spelling import spelt
from monitors.coders import homoglyphs

_FEWEST = 2
# Who has Cyrillic twins for two letters has them for these too, though the text shows none yet.
_ALPHABET, _CYRILLIC_TWINNED = 2, frozenset(homoglyphs.LATIN)
_STYLED_TWINNED = frozenset(ascii_lowercase)
_TWINNED = frozenset(LETTERS.values())
_USUAL = members("".join(sorted({*homoglyphs.LATIN, *homoglyphs.CYRILLIC})))
# "sin", "cos" and the like stand before a letter of mathematics without a blank.
_NAMES = "arg cos cosh cot csc deg det dim div erf exp gcd grad hom im inf ker lcm lim ln log max min mod pr re sec sgn"
_FUNCTIONS = frozenset((_NAMES + " sin sinh span sup tan tanh tr var").split())
_RAISED = ("<super>", "<sub>")
_FOREIGN = {name: re.compile(f"[{chars}]") for name, chars in SCRIPTS}


class _Marked(NamedTuple):
    """Look-alikes of one word; `is_mixed` when plain letters stand beside them, `is_latin` when it is a Latin word."""

    start: int
    end: int
    places: tuple[int, ...]
    is_mixed: bool
    is_latin: bool = True


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    """Letters of another script, and letters of another form, that stand in for ASCII letters."""
    if chars := kinds.get(Kind.LETTER, ""):
        words = [word for word in _words(text, chars) if not _is_given(text, word, given)]
        yield from _judged(Kind.LETTER, text, words, chars)
    if (chars := kinds.get(Kind.FORM, "")) and _is_beside_plain(text, chars):
        words = [word for word in _styled(text, chars) if not _is_given(text, word, given)]
        yield from _judged(Kind.FORM, text, words, chars)
    if (chars := kinds.get(Kind.GREEK, "")) and _is_beside_plain(text, chars):
        words = [word for word in _greek(text, chars) if not _is_given(text, word, given)]
        yield from _judged(Kind.GREEK, text, words, chars)


def _is_given(text: str, word: _Marked, given: Given) -> bool:
    return given.has_run(text, word.start, word.end)


def _judged(kind: Kind, text: str, words: list[_Marked], chars: str) -> Iterator[Finding]:
    """Certain when they stand in two or more words and plain letters of the same kind stand between them.

    Where each letter that could be replaced is replaced, there is no choice: a keyboard, a font, or a sham.
    """
    if not any(word.is_mixed or word.end - word.start > 1 for word in words):
        return
    places = [place for word in words for place in word.places]
    symbols = _sequence(text, set(places), chars, any(word.is_latin for word in words))
    changes = sum(a != b for a, b in pairwise(symbols))
    is_certain = len(places) >= _FEWEST and len(words) >= 2 and changes >= 2 and any(word.is_mixed for word in words)
    # A letter that has now one twin and now another: no keyboard does that.
    twins = "".join(text[place] for place in places)
    is_certain |= any(choice_bits(_twins(twins, plain)) >= CERTAIN_BITS for plain in set(map(_plain, twins)))
    spans: tuple[Span, ...] = tuple((word.start, word.end) for word in words)
    suspicion = CERTAIN if is_certain else soft(2.0 * len(places), FORM_LIMIT)
    bits = max(choice_bits(symbols), float(len(places)))
    yield Finding(
        kind, spans, suspicion, bits, _spelt(text, set(places), symbols), f"{kind}, drawn as {_drawn(text, words)}"
    )


def _sequence(text: str, places: set[int], chars: str, is_latin: bool) -> list[bool]:
    """Each letter that has a twin, in order from the first of the text: is it the twin?"""
    twinned = {_plain(char) for char in chars}
    if is_latin and len(twinned) >= _ALPHABET and _FOREIGN["Cyrillic"].match(chars):
        twinned |= _CYRILLIC_TWINNED
    elif len(twinned) >= _ALPHABET and not LETTERS.keys() & set(chars) and not SMALL_GREEK.keys() & set(chars):
        twinned |= _STYLED_TWINNED
    return [match.start() in places for match in members("".join(sorted(twinned)) + chars).finditer(text)]


def _plain(char: str) -> str:
    return LETTERS.get(char) or SMALL_GREEK.get(char) or unicodedata.normalize("NFKC", char)


def _twins(twins: str, plain: str) -> str:
    return "".join(char for char in twins if _plain(char) == plain)


def _spelt(text: str, places: set[int], symbols: list[bool]) -> str:
    """The letters as bits, in the alphabet that the text shows and in the usual one, if they spell words."""
    usual = [match.start() in places for match in _USUAL.finditer(text)]
    return next((payload for read in (symbols, usual) if (payload := spelt("".join("01"[bit] for bit in read)))), "")


def _drawn(text: str, words: list[_Marked], most: int = 6) -> str:
    """What the words look like: the plain letters."""
    shown = " ".join("".join(map(_plain, text[word.start : word.end])) for word in words[:most])
    return f'"{shown}{" ..." if len(words) > most else ""}"'


def _words(text: str, chars: str) -> Iterator[_Marked]:
    """Words with look-alikes that are no words of their own script."""
    home = {name for name, script in _FOREIGN.items() if _has_own_letters(text, script)}
    for match in re.finditer(rf"[^\W\d_]*{members(chars).pattern}[^\W\d_]*", text):
        word = match.group()
        others = [char for char in word if char not in LETTERS and any(s.match(char) for s in _FOREIGN.values())]
        plain = [char for char in word if char.isascii()]
        places = tuple(match.start() + at for at, char in enumerate(word) if char in LETTERS)
        if plain and others:
            if not _TWINNED.issuperset(plain):
                continue
            yield _reversed(match)
        elif plain:
            yield _Marked(*match.span(), places, True)
        elif not others and not any(_FOREIGN[name].match(word) for name in home):
            yield _Marked(*match.span(), places, False)


def _reversed(match: re.Match[str]) -> _Marked:
    """A word of another script with Latin letters in it."""
    places = tuple(match.start() + at for at, char in enumerate(match.group()) if char.isascii())
    return _Marked(*match.span(), places, True, is_latin=False)


def _has_own_letters(text: str, script: re.Pattern[str]) -> bool:
    return any(char not in LETTERS and char.isalpha() for char in script.findall(text))


def _is_beside_plain(text: str, chars: str) -> bool:
    """One of them stands beside an ASCII letter: an expression for its word, tried at each letter, is slow."""
    for char in chars:
        before = ""
        for piece in text.split(char):
            after = piece[:1]
            if before != "" and (_is_plain(before[1:]) or _is_plain(after)):
                return True
            before = "." + piece[-1:]
    return False


def _is_plain(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _styled(text: str, chars: str) -> Iterator[_Marked]:
    """Words of ASCII letters with fullwidth, mathematical, enclosed, raised or Roman letters in them."""
    for match in re.finditer(rf"[A-Za-z]*{members(chars).pattern}(?:[A-Za-z]|{members(chars).pattern})*", text):
        word = match.group()
        is_word = _is_worded(word)
        places = tuple(match.start() + at for at, char in enumerate(word) if _stands_in(word, at, is_word))
        if places:
            yield _Marked(*match.span(), places, True)


def _greek(text: str, chars: str) -> Iterator[_Marked]:
    """Small letters of both alphabets in one word: "sinα", "TNFα" and "Δt" are not."""
    for match in re.finditer(rf"(?<![^\W\d_])[a-z]*{members(chars).pattern}[^\W\d_]*", text):
        word = match.group()
        is_both = all(char in chars or "a" <= char <= "z" for char in word)
        if is_both and _is_worded(word) and sum(map(str.isascii, word)) > 2:
            places = tuple(match.start() + at for at, char in enumerate(word) if not char.isascii())
            yield _Marked(*match.span(), places, True)


def _is_worded(word: str) -> bool:
    """Two plain letters or more in a row that are no name of a function."""
    return any(len(run) > 1 and run.lower() not in _FUNCTIONS for run in re.findall("[A-Za-z]+", word))


def _stands_in(word: str, at: int, is_word: bool) -> bool:
    if word[at].isascii():
        return False
    before, after = word[at - 1 : at] if at else "", word[at + 1 : at + 2]
    if unicodedata.decomposition(word[at]).startswith(_RAISED):
        return is_word and after.isascii() and after.islower() and _is_worded(word[at + 1 :])
    beside = (before.isascii() and before != "", after.isascii() and after != "")
    is_wide = "\uff21" <= word[at] <= "\uff5a"
    return is_word or all(beside) or (is_wide and any(char.isascii() for char in word))
