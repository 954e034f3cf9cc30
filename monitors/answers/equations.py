"""Statements of arithmetic in running text, and whether they hold: `3 * 4 = 12`, `half of 30 is 15`, a = b = c."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from monitors.answers.equality import Verdict, are_equal, compared, shown
from monitors.answers.expressions import NotANumber
from monitors.answers.lexemes import Lexeme, Sign, lexemes
from monitors.answers.likely import may_state
from monitors.answers.operands import literal
from monitors.answers.sides import AFTER_OF, FUNCTION_WORDS, STARTS, Reading, Side, SideReader, of_numbers
from monitors.answers.units import SCALES, UNITS

_RELATION = re.compile(
    r"(?:=|≈|\\approx|\b(?:equals?|is|are|gives|makes|leaves)\b)"
    r"(?:[\s&$£€({\[<\\~≈+−–-]|about|approximately|roughly|around|nearly|almost|exactly|to|only|[d]?frac|sqrt|left|text){0,12}[\d√π.]",
)
# What a relation begins with: a constant is found at the speed of memchr.
_BEGINNINGS = ("=", r"\approx", "equal", "is", "are", "gives", "makes", "leaves")
# A piece without any of these states nothing that can be worked out: signs, which are found soonest, or words.
_OPERATION_SIGN = re.compile("[-+*/×÷·⋅^√π!²³−–]")
_OPERATION = re.compile(
    r"\\(?:times|pi|cdot|div|[dtc]?frac|sqrt|binom)|(?<=\d)\s?x\s?(?=[\d$(])"
    r"|\b(?:plus|minus|times|divided|multiplied|squared|cubed)\b"
    r"|(?:half|third|quarter|fourth|fifth|tenth|percent|%) of\b"
    r"|\d\s(?:second|minute|hour|day|week|month|year|decade|milli|centi|met|kilo|inch|foot|feet|yard|mile|gram|ton|ounce"
    r"|pound|lit|cup|pint|quart|gallon|cent|dollar|[cmk]?m\b|[mk]?g\b|ml\b|hr|min|sec|ft|oz|lb)",
)
_ANNOTATION = re.compile(r"<<([^<>\n]{1,200})>>")
# A long line is read in pieces around its signs of equality, so that the cost stays linear.
_PIECE, _MARGIN = 400, 60
# Lines with statements, in characters: half a second's work.
_MOST_READ = 100_000
_MOST_TOKENS_BACK = 80
_PLAIN, _TO_THE_LETTER = Reading(), Reading(is_to_the_letter=True)
_READINGS = tuple(Reading(*flags) for flags in product((True, False), (False, True), (False, True)))[1:]
_FILLERS = frozenset({"equal", "to", "exactly", "only", "just", "simply", "roughly", "still"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RELATIONS = frozenset({Sign.EQUALS, Sign.IS})
_OF_STRUCTURE = _RELATIONS | {Sign.OPEN, Sign.CLOSE}
# A number before one of these is a side of its own.
_ENDS_NUMBER = frozenset({Sign.EQUALS, Sign.IS, Sign.HEDGE, Sign.OTHER, Sign.CLOSE})
_NO_UNITS: frozenset[str] = frozenset()
# What stands before a calculation and changes it, or makes it a part of a longer one.
_OPEN_ENDED = _words(
    "of by than times another extra additional per half twice double triple thrice more less fewer dozen "
    "from every first last next mod log ln sin cos tan gcd lcm max min remainder chapter page day week "
    "month year section"
)
# What stands behind a number and makes it another number.
_CHANGES_AFTER = _words(
    "more less fewer times greater larger smaller higher lower older younger remainder mod r am pm "
    "o'clock or percent percentage plus minus squared cubed"
)
_CLAUSE_WORDS = _words("so that then since because but therefore thus hence know as now a one")
_MODULUS = frozenset({"mod", "modulo", r"\pmod", r"\bmod", r"\mod"})
_MODULAR = re.compile(
    r"\bmod\b|\\[pb]?mod|≡|\\equiv|modul|\bunits? digit|\blast digit|\bbase[ -]\w|binary|hexadecimal|octal|[₀-₉]"
)


@dataclass(frozen=True, slots=True)
class Equation:
    """`text[start:end]` says that two sides are equal. `should_be` is what the right one is held against."""

    start: int
    end: int
    key: str
    holds: bool
    is_close: bool
    should_be: str


@dataclass(frozen=True, slots=True)
class Survey:
    """The statements in `text[:end]`: the rest of a text that holds too much to read is left."""

    equations: tuple[Equation, ...]
    end: int


def equations(text: str, /) -> tuple[Equation, ...]:
    """All statements that can be checked, in order of their ends."""
    return survey(text).equations


def survey(text: str, /) -> Survey:
    """The same, and how far the text was read."""
    found: list[Equation] = []
    done = n_read = 0
    for at in _beginnings(text):
        if at < done or not _RELATION.match(text, at):
            continue
        if n_read > _MOST_READ:
            return Survey(tuple(found), at)
        start, end = _piece(text, at)
        if _OPERATION_SIGN.search(text, start, end) or _OPERATION.search(text, start, end):
            last = found[-1].end if found else 0
            found += [
                item
                for item in _in_piece(text[start:end], start)
                if item.end > last and _is_whole(item, text, start, end)
            ]
            n_read += end - start
        done = end if _is_line_end(text, end) else end - 2 * _MARGIN
    return Survey(tuple(found), len(text))


def _beginnings(text: str) -> list[int]:
    """Where a relation may begin, and every place where one does."""
    if "≈" in text:
        # It may also stand within the beginning of another relation.
        return [match.start() for match in _RELATION.finditer(text)]
    found: list[int] = []
    for beginning in _BEGINNINGS:
        at = text.find(beginning) if beginning[0] in text else -1
        while at >= 0:
            found.append(at)
            at = text.find(beginning, at + 1)
    found.sort()
    return found


def _is_line_end(text: str, at: int) -> bool:
    return text[at : at + 1] in ("", "\n")


def _is_whole(item: Equation, text: str, start: int, end: int) -> bool:
    """A statement at the edge of a piece of a line may go on behind the edge."""
    is_begun = start == 0 or text[start - 1] == "\n" or item.start >= start + _MARGIN
    return is_begun and (_is_line_end(text, end) or item.end <= end - _MARGIN)


def _piece(text: str, at: int) -> tuple[int, int]:
    earliest, latest = max(0, at - _PIECE), min(len(text), at + _PIECE)
    end = text.find("\n", at, latest)
    return max(earliest, text.rfind("\n", earliest, at) + 1), latest if end < 0 else end


def _in_piece(piece: str, offset: int) -> list[Equation]:
    if "<<" not in piece:
        return sorted(_in_line(piece, offset), key=lambda item: item.end)
    annotations = [(match.start(), match.end()) for match in _ANNOTATION.finditer(piece)]
    blanked = _ANNOTATION.sub(lambda match: " " * len(match.group()), piece)
    found = _in_line(blanked, offset)
    for start, end in annotations:
        if not any(item.start < offset + end and offset + start < item.end for item in found):
            found += _in_line(piece[start + 2 : end - 2], offset + start + 2)
    return sorted(found, key=lambda item: item.end)


def _in_line(line: str, offset: int) -> list[Equation]:
    return list(stated(line, offset)) if may_state(line) else []


def stated(line: str, offset: int = 0, /) -> Iterator[Equation]:
    """Those of one line, however little likely it is to state any; `offset` is where it begins."""
    tokens = lexemes(line)
    relations, closes = _structure(tokens)
    barrier = 0
    for relation in relations:
        if relation < barrier:
            continue
        chain = _Chain(line, tokens, offset, relation)
        if chain.may_begin():
            yield from chain.equations(_start(tokens, relation, closes, barrier=barrier))
        barrier = chain.end


def _structure(tokens: Sequence[Lexeme]) -> tuple[list[int], dict[int, int]]:
    """Where relations begin, and of each closing bracket where its opening one is."""
    relations: list[int] = []
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for index, (sign, _, _, text) in enumerate(tokens):
        if sign not in _OF_STRUCTURE and text != "≈":
            # Most are words and numbers.
            continue
        if sign is Sign.OPEN:
            opened.append(index)
        elif sign is Sign.CLOSE and opened:
            pairs[index] = opened.pop()
        elif (sign in _RELATIONS or text == "≈") and (index == 0 or tokens[index - 1].sign not in _RELATIONS):
            relations.append(index)
    return relations, pairs


def _start(tokens: Sequence[Lexeme], relation: int, closes: dict[int, int], *, barrier: int) -> int | None:
    """Where the side before a relation begins; None when it has no closed beginning."""
    at, start, needs_operand, n_words = relation - 1, None, True, 0
    while at >= max(barrier, relation - _MOST_TOKENS_BACK):
        token = tokens[at]
        sign = token.sign
        if needs_operand:
            if sign in (Sign.NUMBER, Sign.FRACTION_WORD, Sign.PI):
                start, needs_operand, n_words = at, False, 0
            elif sign is Sign.CLOSE and at in closes:
                start, needs_operand, n_words = closes[at], False, 0
                at = start
            elif sign is Sign.POWER and token.text != "^":
                pass
            elif sign in (Sign.WORD, Sign.OF) and n_words < 4 and _is_unit_word(token):
                n_words += 1
            elif (
                sign in (Sign.PERCENT, Sign.BANG)
                or (sign is Sign.CURRENCY and at == relation - 1)
                or (sign is Sign.OPERATOR and n_words and token.text in "/-")
            ):
                pass
            else:
                break
        elif sign in (Sign.OPERATOR, Sign.POWER, Sign.OF):
            if sign is Sign.OF and not _is_share(tokens, at, closes):
                return None
            needs_operand = True
        elif sign is Sign.CLOSE and at in closes and tokens[at].end == tokens[at + 1].start:
            start = at = closes[at]
        elif sign is Sign.NUMBER and _stand_beside(token, tokens[at + 1]):
            start = at
        elif sign is Sign.CLOSE and at in closes and _stand_beside(token, tokens[at + 1]):
            start = at = closes[at]
        elif sign is Sign.WORD and token.text in AFTER_OF and _follows_of(tokens, at):
            pass
        elif sign in (Sign.FRAC, Sign.ROOT, Sign.CHOOSE, Sign.CURRENCY) or (
            sign is Sign.NUMBER and tokens[at + 1].sign is Sign.NUMBER
        ):
            start = at
        else:
            break
        at -= 1
    return _checked_start(tokens, start, at, needs_operand=needs_operand)


def _is_unit_word(token: Lexeme) -> bool:
    return len(token.text) != 1 and token.text not in FUNCTION_WORDS - {"the", "his", "her"}


def _stand_beside(token: Lexeme, following: Lexeme) -> bool:
    if following.sign in (Sign.PI, Sign.ROOT):
        return True
    is_close = token.end == following.start or following.end - following.start > 1
    return following.sign in (Sign.OPEN, Sign.FRAC) and is_close


def _follows_of(tokens: Sequence[Lexeme], at: int) -> bool:
    """`of his`, `of the remaining`."""
    before = tokens[max(0, at - 2) : at]
    return any(token.sign is Sign.OF for token in before) and before[-1].text in AFTER_OF | {"*"}


def _is_share(tokens: Sequence[Lexeme], of: int, closes: dict[int, int]) -> bool:
    before = tokens[of - 1].sign if of else None
    return before in (Sign.PERCENT, Sign.FRACTION_WORD, Sign.NUMBER) or (before is Sign.CLOSE and of - 1 in closes)


def _checked_start(tokens: Sequence[Lexeme], start: int | None, at: int, *, needs_operand: bool) -> int | None:
    if start is None:
        return None
    if needs_operand:
        # An operator is left over: a sign of the first number, a bullet, or the end of something that is no number.
        sign = start - 1
        if (
            tokens[sign].sign is not Sign.OPERATOR
            or tokens[sign].text != "-"
            or (at >= 0 and _is_operand_end(tokens[at]))
        ):
            return None
        return sign if tokens[sign].end == tokens[start].start else (start if sign == 0 else None)
    if at >= 0:
        before = tokens[at]
        is_glued = before.end == tokens[start].start
        if before.sign in (Sign.NUMBER, Sign.CLOSE, Sign.PI, Sign.PERCENT, Sign.POWER):
            return None
        if len(before.text) < 4 and not before.text.isascii() and before.text.isalpha():
            # A sign of multiplication in the wrong encoding.
            return None
        if before.sign is Sign.WORD and (
            is_glued or before.text in _OPEN_ENDED or (len(before.text) == 1 and before.text != "a")
        ):
            return None
        if before.text in (":", ".", "_", ",", "|", "'", '"', "#") and is_glued and before.text != ":":
            return None
        if before.text.startswith("\\") and before.text not in ("\\", "\\(", "\\["):
            return None
    return start


def _begins_clause(before: Lexeme) -> bool:
    """`The conjugate 5 - 2 is 22` says something of the conjugate."""
    return before.sign is not Sign.WORD or before.text in _CLAUSE_WORDS


def _is_operand_end(token: Lexeme) -> bool:
    return (
        token.sign in (Sign.WORD, Sign.NUMBER, Sign.CLOSE, Sign.PERCENT, Sign.PI, Sign.OTHER)
        and token.text not in ":,;."
    )


class _Chain:
    """a = b = c from one relation on; every neighbouring pair is a statement."""

    def __init__(self, line: str, tokens: Sequence[Lexeme], offset: int, relation: int) -> None:
        self.line = line
        self.tokens = tokens
        self.offset = offset
        self.at = relation
        self.end = relation + 1

    def may_begin(self) -> bool:
        """Whether a side may begin behind the relation: what is quickly seen to be none is not read."""
        sign = self._sign(self._after_relation())
        return sign in STARTS or sign is Sign.OPERATOR

    def equations(self, start: int | None) -> Iterator[Equation]:
        left = self._left(start)
        while left is not None or self._goes_on():
            after = self._after_relation()
            right = self._side(after, len(self.tokens))
            if right is None:
                return
            following = self._next_relation(right.end)
            if left is not None and self._may_end(right.end) and (following is not None or self._is_closed(right.end)):
                found = self._compared(left, right, after)
                if found is not None:
                    yield self._equation(left, right, found)
            self.end = right.end
            if following is None:
                return
            left = right if self._reaches(right, following) else None
            self.at = following

    def _left(self, start: int | None) -> Side | None:
        if start is None or (
            self.tokens[self.at].sign is Sign.IS and start and not _begins_clause(self.tokens[start - 1])
        ):
            return None
        side = self._side(start, self.at)
        # The left side has to reach the relation, or some of it was not read.
        return side if side is not None and self._reaches(side, self.at) else None

    def _goes_on(self) -> bool:
        """Whether the right side may be the left side of another relation: no side goes over a comma or the like."""
        depth = 0
        for sign, _, _, text in self.tokens[self.at + 1 : self.at + 1 + _MOST_TOKENS_BACK]:
            if sign is Sign.EQUALS or text == "≈":
                return True
            if sign is Sign.OTHER and not depth:
                return False
            if sign is Sign.OPEN:
                depth += 1
            elif sign is Sign.CLOSE and depth:
                depth -= 1
            elif sign is Sign.IS:
                # Its own left side may begin where this right side ends.
                depth = _MOST_TOKENS_BACK
        return False

    def _compared(self, left: Side, right: Side, after: int) -> Verdict | None:
        relation = self.tokens[self.at : after]
        is_hedged = any(token.sign is Sign.HEDGE for token in relation)
        is_is = all(token.sign is not Sign.EQUALS and token.text != "≈" for token in relation)
        found = None if is_is and right.written is None else compared(left, right, is_hedged=is_hedged)
        if found is None or found.holds:
            return found
        if self._is_range(right) or (right.is_calculation and self._sign(right.end) is Sign.IS):
            return None
        for reading in self._other_readings(left, right):
            others = [self._side(side.first, side.end, reading) for side in (left, right)]
            for a, b in product((left, others[0]), (right, others[1])):
                if a and b and are_equal(a, b, is_hedged=is_hedged):
                    return replace(found, holds=True)
        if _MODULAR.search(self.line):
            return None
        exact = self._side(left.first, left.end, _TO_THE_LETTER) if left.is_calculation else None
        return replace(found, should_be=shown(exact.value.middle)) if exact else found

    def _sign(self, index: int) -> str | None:
        return self.tokens[index].sign if index < len(self.tokens) else None

    def _is_range(self, side: Side) -> bool:
        """`10,000-20,000`."""
        tokens = self.tokens[side.first : side.end]
        is_pair = [token.sign for token in tokens] == [Sign.NUMBER, Sign.OPERATOR, Sign.NUMBER]
        return (
            is_pair and tokens[1].text == "-" and tokens[0].end == tokens[1].start and tokens[1].end == tokens[2].start
        )

    def _other_readings(self, left: Side, right: Side) -> Sequence[Reading]:
        return _READINGS if any(self._may_mean_more(side.first, side.end) for side in (left, right)) else ()

    def _side(self, first: int, end: int, reading: Reading = _PLAIN) -> Side | None:
        if reading is _PLAIN and self._is_number(first, end):
            number = literal(self.tokens[first].text)
            return Side(first, first + 1, number.value, number.written, _NO_UNITS, False, False, number)
        try:
            if reading is _PLAIN and (side := of_numbers(self.tokens, first, end, _ENDS_NUMBER)):
                return side
            return SideReader(self.tokens, end=end, reading=reading).read(first)
        except NotANumber:
            return None

    def _is_number(self, first: int, end: int) -> bool:
        """Whether the side is one number and nothing else, which need not be read as a calculation."""
        is_last = first + 1 >= end or self.tokens[first + 1].sign in _ENDS_NUMBER
        return is_last and self._sign(first) is Sign.NUMBER

    def _may_mean_more(self, first: int, end: int) -> bool:
        tokens = self.tokens[first : end + 2]
        slash = next((n for n, token in enumerate(tokens) if token.text == "/"), len(tokens))
        is_stacked = any(token.sign is Sign.OPERATOR and token.text in "*/" for token in tokens[slash + 1 :])
        return is_stacked or any(token.sign is Sign.PERCENT or token.text in SCALES for token in tokens)

    def _reaches(self, side: Side, relation: int) -> bool:
        between = self.tokens[side.end : relation]
        are_units = all(token.text in UNITS for token in between)
        if self.tokens[relation].sign is Sign.IS and not are_units:
            # "A 3 x 3 grid is 20" says nothing of 3 x 3.
            return any(token.sign is Sign.OF for token in self.tokens[side.first : side.end])
        if not side.is_calculation and any(token.sign in (Sign.WORD, Sign.PERCENT) for token in between):
            # "1 gram of protein = 100 / 3 grams": of other things, unless both are measured.
            return are_units
        return all(token.sign in (Sign.WORD, Sign.OF, Sign.CURRENCY) or token.text in "/-" for token in between)

    def _after_relation(self) -> int:
        at = self.at + 1
        while at < len(self.tokens) and (
            self.tokens[at].sign in (Sign.EQUALS, Sign.IS, Sign.HEDGE) or self.tokens[at].text in _FILLERS
        ):
            at += 1
        return at

    def _next_relation(self, end: int) -> int | None:
        at = end
        while at < min(len(self.tokens), end + 5):
            token = self.tokens[at]
            if token.sign is Sign.EQUALS or (token.sign is Sign.HEDGE and token.text == "≈"):
                return at
            if token.sign not in (Sign.WORD, Sign.OF, Sign.CURRENCY) and token.text not in "/":
                return None
            if token.text in FUNCTION_WORDS:
                return None
            at += 1
        return None

    def _may_end(self, end: int) -> bool:
        """Whether the side ends where it was read to end: not in the middle of `2x`, `3:45`, `12 more than`."""
        if end >= len(self.tokens):
            return True
        token = self.tokens[end]
        is_glued = token.start == self.tokens[end - 1].end
        behind = self.line[token.end : token.end + 1]
        if token.text in _CHANGES_AFTER or token.sign in (Sign.POWER, Sign.BANG):
            return False
        if token.sign is Sign.WORD and len(token.text) == 1 and token.text not in ("a", "¢"):
            return False
        if is_glued and token.text in (":", "_", ",", ".", "'") and (behind.isalnum() or behind == "\\"):
            return False
        return token.sign is not Sign.NUMBER and not (is_glued and token.sign is Sign.OPEN)

    def _is_closed(self, end: int) -> bool:
        """Whether no operator goes on behind the side with something that is no number."""
        at = end
        while at < min(len(self.tokens), end + 4) and self.tokens[at].sign in (Sign.WORD, Sign.CURRENCY):
            if self.tokens[at].text in _CHANGES_AFTER:
                return False
            if self.tokens[at].text in FUNCTION_WORDS:
                return True
            at += 1
        if at >= len(self.tokens) or self.tokens[at].sign is not Sign.OPERATOR:
            return not any(token.text in _MODULUS for token in self.tokens[at : at + 2])
        token = self.tokens[at]
        return self.line[token.start] in "–-" and at + 1 < len(self.tokens) and token.end < self.tokens[at + 1].start

    def _equation(self, left: Side, right: Side, found: Verdict) -> Equation:
        start, stop = self.tokens[left.first].start, self.tokens[right.end - 1].end
        key = " ".join(token.text for token in self.tokens[left.first : left.end])
        return Equation(self.offset + start, self.offset + stop, key, found.holds, found.is_close, found.should_be)
