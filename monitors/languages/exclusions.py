"""What says nothing of the language of a text: code, formulas, addresses, names, quotations of the prompt."""

from __future__ import annotations

import re

# Each alternative begins where a word begins, or is bounded: a text of one long word takes no longer than another.
_EXCLUDED = re.compile(
    r"`[^`\n]{1,300}`|\$[^$\n]{1,200}\$|\\\([^\n]{0,300}?\\\)|\\[A-Za-z]++(?:\{[^{}\n]{0,200}\})*|<[^<>\n]{1,200}>"
    r"|(?<!\w)\w++://\S+|(?<!\w)www\.\S+|(?<!\S)[^\s@]++@\S+|(?<![\w./-])[~.]?/?(?:[\w.-]++/)++[\w.-]*+"
    r"|(?<!\w)(?=[^\W_]*+[_.]\w)[\w.]++(?:\([^\s()]{0,200}\))?|(?<!\w)(?=[^\W\d]*+\d)\w++"
)
_BLOCKS = (("```", "```"), ("~~~", "~~~"), ("$$", "$$"), ("\\[", "\\]"), ("\\begin{", "\\end{"))
_QUOTED = re.compile(r"\"([^\"\n]{3,200})\"|“([^”\n]{3,200})”|«([^»\n]{3,200})»|「([^」\n]{2,100})」|'([^'\n]{8,200})'")
# A name is a capitalised word that does not begin a sentence.
_NAME = re.compile(r"(?<=[\w,;:)] )[A-ZÀ-ÖØ-Þ][\w'’-]*")
_SHORT_QUOTE = 40


def blocks(text: str, /) -> list[tuple[int, int]]:
    """Fenced code and displayed formulas, in order within each kind; an open fence goes to the end."""
    found: list[tuple[int, int]] = []
    for opening, closing in _BLOCKS:
        start = text.find(opening)
        while start >= 0:
            end = text.find(closing, start + len(opening))
            end = len(text) if end < 0 else end + len(closing)
            found.append((start, end))
            start = text.find(opening, end)
    return found


def without_code(text: str, /) -> str:
    """A sentence with code, formulas, addresses, paths, identifiers and numbers blanked; as long as before."""
    return _EXCLUDED.sub(_blank, text)


def without_quotes(text: str, prompt: str, /) -> str:
    """Quotations blanked that are short or stand in the prompt."""

    def blank(found: re.Match[str]) -> str:
        inner = next(group for group in found.groups() if group is not None)
        return _blank(found) if len(inner) <= _SHORT_QUOTE or inner in prompt else found.group()

    return _QUOTED.sub(blank, text)


def without_names(text: str, /) -> str:
    return _NAME.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    return " " * (found.end() - found.start())
