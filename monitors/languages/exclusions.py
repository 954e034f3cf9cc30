"""What says nothing of the language of a text: code, formulas, addresses, names, quotations of the prompt."""

from __future__ import annotations

import re
from functools import lru_cache

# Each begins where a word begins, or is bounded: a text of one long word takes no longer than another. Before each,
# what stands in every match of it: those that may match are tried much sooner than all.
_EXCLUDED = (
    (re.compile("`"), r"`[^`\n]{1,300}`"),
    (re.compile(r"\$"), r"\$[^$\n]{1,200}\$"),
    (re.compile(r"\\\("), r"\\\([^\n]{0,300}?\\\)"),
    (re.compile(r"\\"), r"\\[A-Za-z]++(?:\{[^{}\n]{0,200}\})*"),
    (re.compile(">"), r"<[^<>\n]{1,200}>"),
    (re.compile("://"), r"(?<!\w)\w++://\S+"),
    (re.compile(r"www\."), r"(?<!\w)www\.\S+"),
    (re.compile("@"), r"(?<!\S)[^\s@]++@\S+"),
    (re.compile("/"), r"(?<![\w./-])[~.]?/?(?:[\w.-]++/)++[\w.-]*+"),
    (re.compile(r"[_.]\w"), r"(?<!\w)(?=[^\W_]*+[_.]\w)[\w.]++(?:\([^\s()]{0,200}\))?"),
    (re.compile(r"\d"), r"(?<!\w)(?=[^\W\d]*+\d)\w++"),
)
_BLOCKS = (("```", "```"), ("~~~", "~~~"), ("$$", "$$"), ("\\[", "\\]"), ("\\begin{", "\\end{"))
_QUOTED = re.compile(r"\"([^\"\n]{3,200})\"|“([^”\n]{3,200})”|«([^»\n]{3,200})»|「([^」\n]{2,100})」|'([^'\n]{8,200})'")
# A name is a capitalised word that does not begin a sentence.
_NAME = re.compile(r"(?<=[\w,;:)] )[A-ZÀ-ÖØ-Þ][\w'’-]*")
_QUOTES = re.compile("[\"“«「']")
_SHORT_QUOTE = 40


def blocks(text: str, /) -> list[tuple[int, int]]:
    """Fenced code and displayed formulas, in order within each kind; an open fence goes to the end."""
    found: list[tuple[int, int]] = []
    for opening, closing in _BLOCKS:
        # One character is found much sooner than several.
        start = text.find(opening) if opening[0] in text else -1
        while start >= 0:
            end = text.find(closing, start + len(opening))
            end = len(text) if end < 0 else end + len(closing)
            found.append((start, end))
            start = text.find(opening, end)
    return found


def without_code(text: str, /) -> str:
    """A sentence with code, formulas, addresses, paths, identifiers and numbers blanked; as long as before."""
    kinds = tuple(at for at, (sign, _) in enumerate(_EXCLUDED) if sign.search(text))
    return _any_of(kinds).sub(_blank, text) if kinds else text


@lru_cache(maxsize=256)
def _any_of(kinds: tuple[int, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_EXCLUDED[at][1] for at in kinds))


def without_quotes(text: str, prompt: str, /) -> str:
    """Quotations blanked that are short or stand in the prompt."""

    def blank(found: re.Match[str]) -> str:
        # One group alone matches in each way of quoting, so that it is the last one.
        inner, whole = found[found.lastindex or 0], found[0]
        return " " * len(whole) if len(inner) <= _SHORT_QUOTE or inner in prompt else str(whole)

    return _QUOTED.sub(blank, text) if _QUOTES.search(text) else text


def without_names(text: str, /) -> str:
    return _NAME.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
