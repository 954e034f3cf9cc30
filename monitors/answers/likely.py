"""Whether a line may state an equation at all: most lines with a sign of equality state none, and need not be read."""

from __future__ import annotations

import re

# What `lexemes` makes a relation, beside "=".
_RELATION = re.compile(
    r"[≈~]|\\approx|\\simeq|(?<![^\W\d_])(?:equals|is|are|gives|makes|leaves)(?![^\W\d_])", re.IGNORECASE
)
# No right side begins so: with a word, but for those of fractions and those that may stand behind a relation, or with a
# number that is the factor of a variable.
_NO_RIGHT = re.compile(
    r"[\s&]*(?:(?!plus|minus|equal|is|are|gives|makes|leaves|about|approx|roughly|around|nearly|almost|to|exactly|only|just|simply"
    r"|still|half|third|quarter|fourth|fifth|tenth|one|two|three)[A-Za-z]"
    r"|-?\d+(?:\.\d+)?(?:[b-wyz](?![A-Za-z'’-])|x(?=\s{0,2}[-+*/=^,)}\]]))|[,;:?\"'|<>])",
    re.IGNORECASE,
)
# No left side ends so: with a variable behind a number or an operator, or with a number that is added to a variable.
_TAIL = 24
_NO_LEFT = re.compile(
    r"(?:[\d)\]+*/^_(-]\s*[b-z]|[}^_]\{[a-z]\}|(?<![^\W\d_'’-])(?<!\w['’-])[a-z]\s*[-+*/]\s*\d+(?:\.\d+)?)[\s&]*\Z",
    re.IGNORECASE,
)
# What may stand between the last number of a side and the relation: units, and what is no lexeme.
_BETWEEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \t\n\r\f\v\x1c\x1d\x1e\x1f&%!$/-'\\"
_NUMBER_ENDS = frozenset("0123456789)]}")
_BLANKS = frozenset(",;:")
_NUMBER_WORD = re.compile(r"half|third|quarter|fourth|fifth|tenth|pi", re.IGNORECASE)


def may_state(line: str, /) -> bool:
    """False only where `equations` finds nothing: no relation stands between what may be two sides."""
    # Most lines that state one do so with this sign, and it is sooner found than the others.
    at = line.find("=")
    while at >= 0:
        if _has_sides(line, at, at + 1):
            return True
        at = line.find("=", at + 1)
    return any(_has_sides(line, *found.span()) for found in _RELATION.finditer(line))


def _has_sides(line: str, start: int, end: int) -> bool:
    """Whether a relation stands between what may be two sides."""
    return (
        not _NO_RIGHT.match(line, end)
        and _has_left(line, start)
        and not _NO_LEFT.search(line, max(0, start - _TAIL), start)
    )


def _has_left(line: str, at: int) -> bool:
    """Whether what stands before may end a side; what is not ASCII is not looked into."""
    head = line[:at].rstrip(_BETWEEN)
    if not head:
        return _NUMBER_WORD.search(line, 0, at) is not None
    last = head[-1]
    # A backslash before it makes it a blank.
    is_blank = last in _BLANKS and head[-2:-1] == "\\"
    if last in _NUMBER_ENDS or not last.isascii() or is_blank:
        return True
    return _NUMBER_WORD.search(line, len(head), at) is not None
