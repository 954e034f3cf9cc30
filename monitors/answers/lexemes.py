"""The arithmetic signs, numbers and words of one line, LaTeX or plain."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple


class Sign:
    """What a lexeme is. Plain constants: in Python 3.11 the members of an Enum take six times as long to look up."""

    NUMBER: Final = "number"
    FRACTION_WORD: Final = "fraction word"
    OPERATOR: Final = "operator"
    POWER: Final = "power"
    ROOT: Final = "root"
    FRAC: Final = "frac"
    CHOOSE: Final = "choose"
    PI: Final = "pi"
    OPEN: Final = "open"
    CLOSE: Final = "close"
    PERCENT: Final = "percent"
    BANG: Final = "bang"
    CURRENCY: Final = "currency"
    EQUALS: Final = "equals"
    IS: Final = "is"
    OF: Final = "of"
    HEDGE: Final = "hedge"
    WORD: Final = "word"
    OTHER: Final = "other"


class Lexeme(NamedTuple):
    """`text` is the canonical form: an operator is one of + - * /, a word is in lower case."""

    sign: str
    start: int
    end: int
    text: str


_SUPERSCRIPTS = {"²": "2", "³": "3"}
_FRACTION_WORDS = {
    "half": "1/2",
    "one-half": "1/2",
    "third": "1/3",
    "one-third": "1/3",
    "two-thirds": "2/3",
    "quarter": "1/4",
    "one-quarter": "1/4",
    "fourth": "1/4",
    "one-fourth": "1/4",
    "three-quarters": "3/4",
    "three-fourths": "3/4",
    "fifth": "1/5",
    "one-fifth": "1/5",
    "tenth": "1/10",
    "one-tenth": "1/10",
}
_WORDS: dict[str, tuple[str, str]] = {
    **{word: (Sign.FRACTION_WORD, value) for word, value in _FRACTION_WORDS.items()},
    "equals": (Sign.EQUALS, "equals"),
    "squared": (Sign.POWER, "2"),
    "cubed": (Sign.POWER, "3"),
    **{word: (Sign.IS, word) for word in ("is", "are", "gives", "makes", "leaves")},
    **{word: (Sign.HEDGE, word) for word in ("about", "approximately", "roughly", "around", "nearly", "almost")},
    **{word: (Sign.OPERATOR, sign) for word, sign in {"plus": "+", "minus": "-", "times": "*"}.items()},
    "of": (Sign.OF, "*"),
    "percent": (Sign.PERCENT, "%"),
}
_SIGNS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("*", "×", "·", "⋅", r"\times", r"\cdot", "multiplied by"), (Sign.OPERATOR, "*")),
    **dict.fromkeys(("/", "÷", r"\div", "divided by"), (Sign.OPERATOR, "/")),
    **dict.fromkeys(("-", "−", "–"), (Sign.OPERATOR, "-")),
    "+": (Sign.OPERATOR, "+"),
    **dict.fromkeys(("^", "**"), (Sign.POWER, "^")),
    **dict.fromkeys(("(", "{", r"\left("), (Sign.OPEN, "(")),
    **dict.fromkeys(("[", r"\left["), (Sign.OPEN, "[")),
    **dict.fromkeys((")", "]", "}", r"\right)", r"\right]"), (Sign.CLOSE, ")")),
    **dict.fromkeys(("%", r"\%"), (Sign.PERCENT, "%")),
    **dict.fromkeys(("$", r"\$", "£", "€"), (Sign.CURRENCY, "$")),
    **dict.fromkeys(("\\frac", "\\dfrac", "\\tfrac", "\\cfrac"), (Sign.FRAC, "")),
    **dict.fromkeys(("\\sqrt", "√"), (Sign.ROOT, "")),
    **dict.fromkeys(("\\pi", "π"), (Sign.PI, "")),
    **dict.fromkeys(("≈", "~", r"\approx", r"\simeq"), (Sign.HEDGE, "≈")),
    "\\binom": (Sign.CHOOSE, ""),
    "!": (Sign.BANG, "!"),
    "=": (Sign.EQUALS, "="),
}

_OF = re.compile(r"\s+of\b")
# A longer run of digits is no number that somebody worked out, and costs too much to read.
_MOST_DIGITS = 30
_LEXEME = re.compile(
    r"(?P<number>(?:\d+(?:(?:,|\{,\}|,\\!)\d{3}(?!\d))+|\d+)(?:\.\d+)?|\.\d+)"
    r"|(?P<sup>[²³])"
    r"|(?P<text>\\(?:text|mathrm|textbf|mathbf|operatorname)\s*\{[^{}\n]{0,60}\})"
    r"|(?P<blank>\\[,;!: ]|[&\s]+|\\(?:displaystyle)(?![A-Za-z]))"
    r"|(?P<sign>\\left[(\[]|\\right[)\]]|\\[a-z]+|\\[%$]|\*\*|multiplied by|divided by|[-−–+*×·⋅/÷^(){}\[\]%$£€√π≈~])"
    r"|(?P<equals>(?<![=<>!:+*/-])=(?![=>])|!(?!=))"
    r"|(?P<word>¢|[^\W\d_]+(?:[-'’][^\W\d_]+)*)"
    r"|(?P<other>.)"
)
# The same places without the names, each with the blank before it: twice as fast. Every character is in one of them.
_PLACES = re.compile(
    r" ?(?:[²³π]|(?:multiplied|divided) by|[^\W\d_]+(?:[-'’][^\W\d_]+)*"
    r"|\d+(?:(?:,|\{,\}|,\\!)\d{3}(?!\d))*(?:\.\d+)?|\.\d+"
    r"|\\(?:text|mathrm|textbf|mathbf|operatorname)\s*\{[^{}\n]{0,60}\}|\\[,;!: %$]|\\displaystyle(?![A-Za-z])"
    r"|\\left[(\[]|\\right[)\]]|\\[a-z]+|[&\s]+|\*\*|.)"
)
# What these are depends on what stands beside them.
_CONTEXTUAL = frozenset({"=", "!", "**", "x", r"\displaystyle", *_FRACTION_WORDS})

# Before a sign of equality these make another sign of it, as `_LEXEME` says too.
_NO_EQUALITY = frozenset("=<>!:+*/-")


def lexemes(line: str, /) -> list[Lexeme]:
    """All lexemes in order. Blank ones are left out: neighbours touch when one's end is the other's start."""
    found: list[Lexeme] = []
    append, read, new = found.append, _read, tuple.__new__
    start = 0
    for text in _PLACES.findall(line):
        end = start + len(text)
        if known := read(text):
            sign, canonical, n_blanks = known
            append(new(Lexeme, (sign, start + n_blanks, end, canonical)))
        elif known is None:
            _append_in_context(found, line, start + (text[0] == " "), end)
        start = end
    return found


def _append_in_context(found: list[Lexeme], line: str, start: int, end: int) -> None:
    text = line[start:end]
    if text == "=":
        is_whole = line[start - 1 : start] not in _NO_EQUALITY and line[end : end + 1] not in ("=", ">")
        found.append(Lexeme(Sign.EQUALS if is_whole else Sign.OTHER, start, end, text))
    elif (match := _LEXEME.match(line, start)) and match.lastgroup != "blank":
        found.append(_in_context(str(match.lastgroup), text, start, line))


@lru_cache(maxsize=8192)
def _read(written: str) -> tuple[str, str, int] | tuple[()] | None:
    """Sign and canonical form of a lexeme and how many blanks stand before it; nothing of a blank one; None where its
    neighbours decide.
    """
    text = written.removeprefix(" ")
    known = _signed_alone(text) if text else ()
    return (*known, len(written) - len(text)) if known else known


def _signed_alone(text: str) -> tuple[str, str] | tuple[()] | None:
    lower = text.lower()
    if lower in _CONTEXTUAL:
        return None
    match = _LEXEME.match(text)
    kind = match and match.lastgroup
    if kind == "blank":
        return ()
    if kind == "number":
        return (Sign.NUMBER if len(text) <= _MOST_DIGITS else Sign.OTHER), re.sub(r"[^\d.]", "", text)
    if kind == "sup":
        return Sign.POWER, _SUPERSCRIPTS[text]
    if kind == "text":
        return Sign.WORD, ""
    if kind == "word":
        return _WORDS.get(lower, (Sign.WORD, lower))
    return _SIGNS.get(text, (Sign.OTHER, text))


def _in_context(kind: str, text: str, start: int, line: str) -> Lexeme:
    end = start + len(text)
    if kind == "word":
        return _word(text, start, end, line)
    return _signed(text, start, end, line) if kind in ("sign", "equals") else Lexeme(Sign.OTHER, start, end, text)


def _signed(text: str, start: int, end: int, line: str) -> Lexeme:
    # Two asterisks are a power only between operands; elsewhere they are bold type.
    if text == "**" and not (line[start - 1 : start].isalnum() or line[start - 1 : start] == ")"):
        return Lexeme(Sign.OTHER, start, end, text)
    if text == "**" and not (line[end : end + 1].isdigit() or line[end : end + 1] in ("(", "-")):
        return Lexeme(Sign.OTHER, start, end, text)
    sign, canonical = _SIGNS.get(text, (Sign.OTHER, text))
    return Lexeme(sign, start, end, canonical)


def _word(text: str, start: int, end: int, line: str) -> Lexeme:
    lower = text.lower()
    if lower == "x" and _is_times(line, start, end):
        return Lexeme(Sign.OPERATOR, start, end, "*")
    sign, canonical = _WORDS.get(lower, (Sign.WORD, lower))
    if sign is Sign.FRACTION_WORD and not _OF.match(line, end):
        return Lexeme(Sign.WORD, start, end, lower)
    return Lexeme(sign, start, end, canonical)


def _is_times(line: str, start: int, end: int) -> bool:
    """`5 x 4` and `5x4`, but not `2x + 1` nor `2x(3)`."""
    before, after = line[start - 1 : start], line[end : end + 1]
    if before == "0" and not line[start - 2 : start - 1].isdigit() and after.isalnum():
        return False
    rest = line[end : end + 3].lstrip()
    if not rest or not (rest[0].isdigit() or rest[0] in "$£€.(\\"):
        return False
    return before.isspace() if after.isspace() or rest[0] == "(" else before.isdigit() or before.isspace()
