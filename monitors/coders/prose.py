"""Which characters of a text are prose that a coder may edit: not code, formulas, links, tags or tables."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import chain

from monitors.segment import segment

# Every alternative begins with a character that no edit writes, and none looks at letters, blanks or punctuation beside
# it, so that an edit elsewhere never moves what is protected.
_SIGNED = (
    r"```.*?(?:```|\Z)"
    r"|`[^`\n]*`"
    r"|\$\$.*?(?:\$\$|\Z)"
    r"|\$[^$\n]*\$"
    r"|\\\[.*?(?:\\\]|\Z)"
    r"|\\\(.*?(?:\\\)|\Z)"
    r"|\\begin\{.*?(?:\\end\{[^}\n]*\}|\Z)"
    r"|\\[A-Za-z]*(?:\{[^{}\n]*\})*"
    r"|<[^<>\n]*>"
)
# What all but the last two begin with.
_SIGNS = "`$\\<"
_ADDRESS, _TABLE_LINE = r"|https?://\S*", r"|(?m:^[^\n|]*\|[^\n]*$)"
HIDDEN = "\0"
_WORD = re.compile(r"[A-Za-z]+")
# A sentence has four words of two letters and more.
_WORDS = r"(?:[^A-Za-z]*+(?:[A-Za-z][^A-Za-z]++)*+[A-Za-z]{2,}+){4}"
_SENTENCE = re.compile(rf"(?=[A-Z][A-Za-z]*+(?:['’][A-Za-z]++)?,? ){_WORDS}")
_REST_OF_SENTENCE = re.compile(rf"(?=[A-Za-z]++(?:['’][A-Za-z]++)?,? ){_WORDS}")
_CAPITALS = frozenset(string.ascii_uppercase)
_LONG = 400
# Words that lose their capital when another word takes their place at the head of the sentence.
_WRITTEN = (
    "A An The This That These Those It Its We Our They Their There He She His Her You Your If When Since Because "
    "As So Then Thus Hence Therefore But And Or For From In On At By To With After Before Let Now Next First "
    "Second Third Finally Each Every All Both Some Any No Not One Two Three Using Given What Which Who How Why "
    "While Where Once Also However Although Maybe Perhaps Multiply Divide Add Subtract Substitute Combine "
    "Simplify Solve Find Calculate Compute Consider Note Check Start Begin Looking Assuming Adding Here Another "
    "Most Many My Is Are Do Does"
)
_COMMON = frozenset(_WRITTEN.split())


def masked(text: str, /) -> str:
    """The text with protected characters hidden behind NUL: same length, same offsets."""
    return _masked_long(text) if len(text) >= _LONG else _hidden(text)


def _hidden(text: str) -> str:
    # One character is found much sooner than several.
    has_address, has_bar = "/" in text and "http" in text, "|" in text
    if not (has_address or has_bar or any(map(text.__contains__, _SIGNS))):
        return text
    protected = _protected(has_address, has_bar)
    return protected.sub(lambda found: HIDDEN * len(found.group()), text)


@cache
def _protected(has_address: bool, has_bar: bool) -> re.Pattern[str]:
    """Only what can be there: without lines of tables a search goes from one sign to the next."""
    return re.compile(_SIGNED + _ADDRESS * has_address + _TABLE_LINE * has_bar, re.DOTALL)


# Several coders read the same text one after another.
_masked_long = lru_cache(maxsize=2)(_hidden)


@lru_cache(maxsize=2)
def sentences(mask: str, /) -> tuple[tuple[int, int], ...]:
    """Offsets of sentences that begin with a capital and have four longer words: such remain such when edited."""
    match = _SENTENCE.match
    # The text of a step is never empty.
    return tuple([(start, end) for start, end in segment(mask) if mask[start] in _CAPITALS and match(mask, start, end)])


@lru_cache(maxsize=2)
def heads(mask: str, /) -> bytes:
    """The capitals that sentences begin with."""
    return "".join([mask[start] for start, _ in sentences(mask)]).encode()


def is_rest(mask: str, start: int, end: int, /) -> bool:
    """Whether these would be a sentence with a capital."""
    return _REST_OF_SENTENCE.match(mask, start, end) is not None


def after_opener(sentence: str, /) -> str:
    """The sentence as it reads behind an opener: common words lose their capital, names and "I" keep it."""
    word = _WORD.match(sentence)
    if word is None or word.group() not in _COMMON:
        return sentence
    return sentence[0].lower() + sentence[1:]


# What every enumeration ends with. It begins with a fixed text, which is found at the speed of a search.
_END_OF_ENUMERATION = re.compile(r", [A-Za-z]+,? (?:and|or) [A-Za-z]")
# The line break before it is what a search is fast for; a text's first line is tried apart.
_BULLET = re.compile(r"[ \t]*+[-*•+] ")
_NEXT_BULLET = re.compile(rf"\n{_BULLET.pattern}")


@lru_cache(maxsize=2)
def enumerating_lines(mask: str, /) -> tuple[tuple[int, int], ...]:
    """Lines in which an enumeration may end: slow patterns for enumerations need not be tried elsewhere."""
    lines: list[tuple[int, int]] = []
    end = -1
    for found in _END_OF_ENUMERATION.finditer(mask):
        if found.start() > end:
            start, end = line_of(mask, found.start())
            lines.append((start, end))
    return tuple(lines)


@lru_cache(maxsize=2)
def bulleted_lines(mask: str, /) -> tuple[tuple[int, int, int], ...]:
    """Where a line starts that begins with a bullet and a blank, where the bullet stands, and where the line ends."""
    found: list[tuple[int, int, int]] = []
    first, n = _BULLET.match(mask), len(mask)
    for match in chain((first,) if first else (), _NEXT_BULLET.finditer(mask)):
        start, body = match.span()
        end = mask.find("\n", body)
        found.append((start + (match is not first), body - 2, n if end < 0 else end))
    return tuple(found)


def places_of(mask: str, signs: Iterable[str], /) -> list[int]:
    """Where one of some short texts begins; looking for one after another goes at the speed of memchr."""
    found: list[int] = []
    find = mask.find
    for sign in signs:
        at = find(sign)
        while at >= 0:
            found.append(at)
            at = find(sign, at + 1)
    found.sort()
    return found


def line_of(mask: str, at: int, /) -> tuple[int, int]:
    """Where the line starts and ends in which the character at this offset stands."""
    end = mask.find("\n", at)
    return mask.rfind("\n", 0, at) + 1, end if end >= 0 else len(mask)
