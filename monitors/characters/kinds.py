"""Classes of code points that can carry hidden content, and the classes that occur in a text."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from enum import StrEnum
from functools import lru_cache

from monitors.characters.lookalikes import LETTERS, LIGATURES, MARKS_OF, SMALL_GREEK


class Kind(StrEnum):
    """What a character, or a finding, is. The value is what a reader of a score sees."""

    TAG = "tag block"
    SELECTOR = "variation selectors"
    OVERRIDE = "bidi override"
    ZERO_WIDTH = "zero-width characters"
    DIRECTION = "text direction characters"
    UNSEEN = "invisible characters"
    SURROGATE = "lone surrogates"
    ANNOTATION = "annotation characters"
    UNASSIGNED = "unassigned code points"
    PRIVATE = "private use characters"
    CONTROL = "control characters"
    SPACE = "other spaces"
    HYPHEN = "other hyphens"
    LETTER = "look-alike letters"
    GREEK = "Greek letters in Latin words"
    FORM = "compatibility forms of letters"
    MARK = "look-alike punctuation"
    COMBINING = "stacked combining marks"
    BLANK = "trailing blanks"
    LINE_END = "line ends"
    GAP = "gaps between words"
    MARKUP = "markup that is not shown"
    ESCAPE = "terminal escapes"
    ENCODING = "encoded text"
    DIGIT = "digits of another form"
    LIGATURE = "ligatures"
    QUOTE = "quotes and apostrophes"


SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
HYPHENS = "\u2010\u2011\ufe63\uff0d"
_RANGES = (
    (Kind.QUOTE, "\u02b9\u02bc\u2019\u201c\u201d\u2026"),
    (Kind.TAG, "\U000e0000-\U000e007f"),
    (Kind.SELECTOR, "\ufe00-\ufe0f\U000e0100-\U000e01ef"),
    (Kind.OVERRIDE, "\u202d\u202e"),
    (Kind.ZERO_WIDTH, "\u200b-\u200d\u2060-\u2064\ufeff"),
    (Kind.DIRECTION, "\u061c\u200e\u200f\u202a-\u202c\u2066-\u2069"),
    (
        Kind.UNSEEN,
        "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u206a-\u206f\u2800\u3164\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
        "\U0001d173-\U0001d17a\U000e0080-\U000e00ff\U000e01f0-\U000e0fff",
    ),
    (Kind.ANNOTATION, "\ufff9-\ufffc"),
    (Kind.SPACE, SPACES),
    (Kind.HYPHEN, HYPHENS),
    (
        Kind.COMBINING,
        "\u0300-\u034e\u0350-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20df\u20e1\u20e4-\u20ff\ufe20-\ufe2f",
    ),
)
# "\alpha", "\beta", "\vec" and "\frac" in a string in which such pairs were taken for one control character.
UNESCAPED = (
    "\x07(?=lpha|pprox|ngle|st|rc)|\x08(?=eta|inom|egin|ar|ig|ox|ullet|f\\b|m\\b|ot|ack|ecause)"
    "|\x0b(?=ec|ar|dots|ee|ert|space|dash)|\x0c(?=rac|orall|lat|box|rown|oot)"
)
_KIND_OF = tuple((kind, re.compile(f"[{members}]")) for kind, members in _RANGES)
_CATEGORIES = {"Nd": Kind.DIGIT, "Cc": Kind.CONTROL, "Co": Kind.PRIVATE, "Cs": Kind.SURROGATE, "Cn": Kind.UNASSIGNED}
# Emoji and ideographs of Unicode versions that this Python does not know yet.
_GROWING = re.compile("[\U0001f000-\U0001fbff\U00020000-\U0003fffd]")
_FORMS = ("<font>", "<wide>", "<circle>", "<square>", "<super>", "<sub>")
_PLAIN = bytes(range(0x20, 0x7F)) + b"\n\t"


def odd(data: bytes, /) -> bytes:
    """What is not plain ASCII in a text, given in UTF-8; that costs one pass of a byte table."""
    return data.translate(None, _PLAIN)


def found(rest: bytes, /) -> dict[Kind, str]:
    """The characters of each kind that occur in what is odd of a text."""
    kinds: dict[Kind, str] = defaultdict(str)
    for char in sorted(set(rest.decode("utf-8", "surrogatepass"))):
        if (kind := kind_of(char)) is not None:
            kinds[kind] += char
    return kinds


@lru_cache(maxsize=8192)
def kind_of(char: str, /) -> Kind | None:
    """None for a character that hides nothing by itself."""
    if char in "\r\u2028\u2029":
        return Kind.LINE_END
    for kind, members in _KIND_OF:
        if members.match(char):
            return kind
    if char in LIGATURES:
        return Kind.LIGATURE
    if char in LETTERS:
        return Kind.LETTER
    if char in MARKS_OF:
        return Kind.MARK
    if char in SMALL_GREEK:
        return Kind.GREEK
    if (general := _CATEGORIES.get(unicodedata.category(char))) is not None:
        is_ordinary = (char.isascii() and char.isdigit()) or _GROWING.match(char)
        return None if is_ordinary else general
    return _form(char)


def _form(char: str) -> Kind | None:
    """Fullwidth, mathematical, enclosed or raised, or a Roman numeral, and one ASCII character underneath."""
    if not unicodedata.decomposition(char).startswith(_FORMS) and not "\u2160" <= char <= "\u217f":
        return None
    plain = unicodedata.normalize("NFKC", char)
    if len(plain) != 1 or not plain.isascii():
        return None
    return Kind.FORM if plain.isalpha() else Kind.MARK if plain.isprintable() and not plain.isalnum() else None


@lru_cache(maxsize=1024)
def members(chars: str, /) -> re.Pattern[str]:
    """An expression for one of these characters."""
    return re.compile(f"[{re.escape(chars)}]")
