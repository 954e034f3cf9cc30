"""The arithmetic signs, numbers and words of one line, LaTeX or plain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Sign(Enum):
    """What a lexeme is."""

    NUMBER = auto()
    FRACTION_WORD = auto()
    OPERATOR = auto()
    POWER = auto()
    ROOT = auto()
    FRAC = auto()
    CHOOSE = auto()
    PI = auto()
    OPEN = auto()
    CLOSE = auto()
    PERCENT = auto()
    BANG = auto()
    CURRENCY = auto()
    EQUALS = auto()
    IS = auto()
    OF = auto()
    HEDGE = auto()
    WORD = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Lexeme:
    """`text` is the canonical form: an operator is one of + - * /, a word is in lower case."""

    sign: Sign
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
_WORDS = {
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
_SIGNS: dict[str, tuple[Sign, str]] = {
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
    r"|(?P<blank>\\[,;!: ]|[&\s]|\\(?:displaystyle)(?![A-Za-z]))"
    r"|(?P<sign>\\left[(\[]|\\right[)\]]|\\[a-z]+|\\[%$]|\*\*|multiplied by|divided by|[-−–+*×·⋅/÷^(){}\[\]%$£€√π≈~])"
    r"|(?P<equals>(?<![=<>!:+*/-])=(?![=>])|!(?!=))"
    r"|(?P<word>¢|[^\W\d_]+(?:[-'’][^\W\d_]+)*)"
    r"|(?P<other>.)"
)


def lexemes(line: str, /) -> list[Lexeme]:
    """All lexemes in order. Blank ones are left out: neighbours touch when one's end is the other's start."""
    found: list[Lexeme] = []
    for match in _LEXEME.finditer(line):
        kind = match.lastgroup
        if kind != "blank":
            found.append(_lexeme(str(kind), match, line))
    return found


def _lexeme(kind: str, match: re.Match[str], line: str) -> Lexeme:
    text, start, end = match.group(), match.start(), match.end()
    if kind == "number":
        sign = Sign.NUMBER if end - start <= _MOST_DIGITS else Sign.OTHER
        return Lexeme(sign, start, end, re.sub(r"[^\d.]", "", text))
    if kind == "sup":
        return Lexeme(Sign.POWER, start, end, _SUPERSCRIPTS[text])
    if kind in ("sign", "equals"):
        return _signed(text, start, end, line)
    if kind == "word":
        return _word(text, start, end, line)
    return Lexeme(Sign.WORD if kind == "text" else Sign.OTHER, start, end, text if kind == "other" else "")


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
