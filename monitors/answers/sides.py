"""One side of an equation in running text: `5 bales/hour x 6 hours`, `40% of his 20 apples`, `\\frac{9}{2} + 1`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from monitors.answers.expressions import NotANumber
from monitors.answers.intervals import PI, Interval
from monitors.answers.lexemes import Lexeme, Sign
from monitors.answers.operands import Operand, Written, literal
from monitors.answers.units import SCALES, UNITS

_NO_UNITS: frozenset[str] = frozenset()
_MOST_NESTED = 20
_MOST_WORDS = 4
# A word of these after a number is not its unit: another clause has begun.
FUNCTION_WORDS = frozenset(
    [
        "and",
        "or",
        "but",
        "so",
        "then",
        "thus",
        "hence",
        "therefore",
        "because",
        "since",
        "which",
        "that",
        "who",
        "where",
        "when",
        "while",
        "if",
        "as",
        "than",
        "the",
        "this",
        "these",
        "those",
        "he",
        "she",
        "it",
        "they",
        "we",
        "you",
        "i",
        "there",
        "his",
        "her",
        "its",
        "their",
        "our",
        "my",
        "your",
        "to",
        "from",
        "into",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "was",
        "were",
        "be",
        "been",
        "have",
        "has",
        "had",
        "do",
        "does",
        "did",
        "will",
        "would",
        "should",
        "could",
        "can",
        "not",
        "no",
        "more",
        "less",
        "fewer",
        "greater",
        "larger",
        "smaller",
        "left",
    ]
)
AFTER_OF = frozenset(
    ["the", "his", "her", "their", "its", "these", "those", "all", "a", "an", "total", "remaining", "original", "that"]
)
# What an operand may begin with.
STARTS = (Sign.NUMBER, Sign.FRACTION_WORD, Sign.ROOT, Sign.FRAC, Sign.CHOOSE, Sign.PI, Sign.OPEN, Sign.CURRENCY)


@dataclass(frozen=True, slots=True)
class Side:
    """`first` and `end` are indices of lexemes; `written` is there when the side is a single number."""

    first: int
    end: int
    value: Interval
    written: Written | None
    units: frozenset[str]
    is_calculation: bool
    is_quotient: bool
    head: Operand


@dataclass(frozen=True, slots=True)
class Reading:
    """Per cent as hundredths or as a bare number; `3 dozen` as 36 or as 3; `6 / 2 * 3` as 9 or, stacked, as 1.

    To the letter: 0.33 is 33 hundredths and nothing else.
    """

    is_share: bool = True
    is_scaled: bool = False
    is_stacked: bool = False
    is_to_the_letter: bool = False


def of_numbers(tokens: Sequence[Lexeme], first: int, limit: int, ends: Collection[str], /) -> Side | None:
    """What `SideReader` reads plainly, and sooner, where numbers and signs alone make the side: `3 + 4 * 5`.

    None where anything else stands in it, or behind it anything but one of `ends`. Raises NotANumber.
    """
    last = first
    while last + 2 < limit and tokens[last + 1].sign is Sign.OPERATOR and tokens[last + 2].sign is Sign.NUMBER:
        last += 2
    end = last + 1
    if last == first or tokens[first].sign is not Sign.NUMBER or (end < limit and tokens[end].sign not in ends):
        return None
    head = literal(tokens[first].text)
    total: Interval | None = None
    term, is_divided, is_taken = head.value, False, False
    for at in range(first + 1, end, 2):
        sign, value = tokens[at].text, literal(tokens[at + 1].text).value
        if sign == "*":
            term = term * value
        elif sign == "/":
            term, is_divided = term / value, True
        else:
            total = term if total is None else total - term if is_taken else total + term
            term, is_taken = value, sign == "-"
    if total is not None:
        term = total - term if is_taken else total + term
    return Side(first, end, term, None, _NO_UNITS, True, is_divided, head)


# What stands behind the last lexeme.
_BEYOND = Lexeme("", 0, 0, "")


class SideReader:
    """Recursive descent over lexemes: sum > product > sign > power > primary. Stops where the arithmetic stops."""

    def __init__(self, tokens: Sequence[Lexeme], *, end: int, reading: Reading) -> None:
        self.tokens = tokens
        self.limit = end
        self.reading = reading
        self.at = 0
        self.end = 0
        self.n_nested = 0
        self.n_operations = 0
        self.divided = False
        self.units: set[str] = set()
        self.head: Operand | None = None

    def read(self, first: int) -> Side:
        """The longest side that begins at `first`. Raises NotANumber."""
        self.at = self.end = first
        operand = self._sum()
        written = operand.written if self.n_operations == 0 else None
        after = self.tokens[self.end : min(self.limit, self.end + self._words_after())]
        self.units.update(token.text for token in after if token.text in UNITS)
        return Side(
            first,
            self.end,
            operand.value,
            written,
            frozenset(self.units),
            self.n_operations > 0,
            self.divided,
            self.head or operand,
        )

    def _words_after(self) -> int:
        self.at = self.end
        return self._words()

    def _sign(self, ahead: int = 0) -> str | None:
        index = self.at + ahead
        return self.tokens[index].sign if index < self.limit else None

    def _text(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.tokens[index].text if index < self.limit else ""

    def _touches(self, ahead: int = 0) -> bool:
        """Whether the lexeme and the one before it have nothing between them."""
        index = self.at + ahead
        return 0 < index < self.limit and self.tokens[index - 1].end == self.tokens[index].start

    def _operator(self, *signs: str) -> str:
        """Take an operator that has an operand behind it; units between the two are stepped over."""
        n_words = self._words()
        if self._sign(n_words) is not Sign.OPERATOR or self._text(n_words) not in signs:
            return ""
        if not self._is_operand(n_words + 1):
            index = self.at + n_words
            ends = index + 1 >= self.limit or self.tokens[index + 1].sign not in (Sign.WORD, Sign.OTHER)
            if self._text(n_words) == "-" or ends:
                return ""
            raise NotANumber("an operand that is no number")
        sign = self._text(n_words)
        self._take_words(n_words)
        self.at += 1
        self.n_operations += 1
        return sign

    def _is_operand(self, ahead: int) -> bool:
        if self._sign(ahead) is Sign.OPERATOR and self._text(ahead) in "+-":
            ahead += 1
        return self._sign(ahead) in STARTS

    def _words(self) -> int:
        """How many lexemes from here are units: words, `/hour`, `-hour`, `of fireworks`."""
        n = n_words = 0
        while n_words < _MOST_WORDS:
            index = self.at + n
            sign, _, _, text = self.tokens[index] if index < self.limit else _BEYOND
            if sign is Sign.WORD and text not in FUNCTION_WORDS and len(text) != 1:
                n += 1
            elif (
                n_words
                and sign is Sign.OF
                and self._sign(n + 1) is Sign.WORD
                and self._text(n + 1) not in FUNCTION_WORDS | AFTER_OF
            ) or (sign is Sign.OPERATOR and text in "/-" and self._is_unit_after(n)):
                n += 2
            else:
                break
            n_words += 1
        return n

    def _is_unit_after(self, n: int) -> bool:
        return self._sign(n + 1) is Sign.WORD and self._touches(n + 1) and len(self._text(n + 1)) > 1

    def _take_words(self, n: int) -> None:
        for token in self.tokens[self.at : self.at + n]:
            if token.text in UNITS:
                self.units.add(token.text)
        self.at += n

    def _sum(self) -> Operand:
        left = self._product()
        while sign := self._operator("+", "-"):
            right = self._product()
            if left.is_percent != right.is_percent:
                # 100 + 20% may mean 120.
                raise NotANumber("per cent of what is not said")
            value = left.value + right.value if sign == "+" else left.value - right.value
            left = Operand(value, is_percent=left.is_percent)
        return left

    def _product(self) -> Operand:
        left = self._signed()
        self.head = self.head or left
        n_below = 0
        while True:
            if sign := self._operator("*", "/"):
                right = self._signed()
                is_below = (sign == "/") != (self.reading.is_stacked and n_below > 0)
                n_below += sign == "/"
                self.divided = self.divided or sign == "/"
                value = left.value / right.value if is_below else left.value * right.value
                left = Operand(value, is_percent=left.is_percent and not right.is_percent and sign == "/")
            elif self._is_of(left):
                self.n_operations += 1
                left = Operand(left.value * self._signed().value)
            elif self._is_beside():
                if self.divided:
                    raise NotANumber("1/2(3) may mean two things")
                is_mixed = self._sign() is Sign.FRAC and left.written is not None
                self.n_operations += 1
                right = self._signed()
                left = Operand(left.value + right.value if is_mixed else left.value * right.value)
            else:
                return left

    def _is_beside(self) -> bool:
        """`2(3)`, `5\\sqrt{3}`, `2 \\pi`: multiplied without a sign."""
        sign = self._sign()
        if sign in (Sign.PI, Sign.ROOT):
            return True
        token = self.tokens[self.at] if sign in (Sign.OPEN, Sign.FRAC) else None
        return token is not None and (self._touches() or token.end - token.start > 1)

    def _is_of(self, left: Operand) -> bool:
        """Take `of the` after a share: a percentage, a fraction, a number below one."""
        if self._sign() is not Sign.OF or not (left.is_percent or (left.value.is_exact and abs(left.value.low) < 1)):
            return False
        n = 1
        while n < 4 and self._sign(n) is Sign.WORD and self._text(n) in AFTER_OF:
            n += 1
        if not self._is_operand(n):
            raise NotANumber("a share of what is no number")
        self.at += n
        return True

    def _signed(self) -> Operand:
        if self._sign() is Sign.OPERATOR and self._text() in "+-":
            is_negative = self._text() == "-"
            self.at += 1
            if self._sign() is Sign.OPERATOR:
                raise NotANumber("two signs")
            operand = self._power()
            return operand.scaled(Fraction(-1)) if is_negative else operand
        return self._power()

    def _power(self) -> Operand:
        base = self._primary()
        if self._sign() is not Sign.POWER:
            return base
        text = self._text()
        self.at += 1
        self.n_operations += 1
        if text == "^":
            return Operand(base.value.power(self._signed().value))
        self.end = self.at
        return Operand(base.value.power(Interval.exact(int(text))))

    def _primary(self) -> Operand:
        while self._sign() is Sign.CURRENCY:
            self.at += 1
            self.units.add("$")
        sign, text = self._sign(), self._text()
        if sign is Sign.OPEN:
            operand = Operand(self._group())
        elif sign is Sign.NUMBER:
            operand = self._number()
        elif sign is Sign.FRACTION_WORD:
            self.at += 1
            operand = Operand(Interval.exact(Fraction(text)))
            self.end = self.at
        else:
            operand = self._called(sign)
        return self._suffixed(operand)

    def _called(self, sign: str | None) -> Operand:
        self.at += 1
        self.n_operations += 1
        if sign is Sign.PI:
            self.end = self.at
            if self._sign() is Sign.WORD and len(self._text()) <= 2:
                raise NotANumber("a variable")
            return Operand(PI)
        if sign is Sign.FRAC:
            return Operand(self._group() / self._group())
        if sign is Sign.CHOOSE:
            return Operand(self._group().choose(self._group()))
        if sign is not Sign.ROOT:
            raise NotANumber("no operand")
        if self._sign() is Sign.OPEN and self._text() == "[":
            raise NotANumber("a higher root")
        return Operand(self._power().value.root())

    def _number(self) -> Operand:
        text = self._text()
        self.at += 1
        operand = literal(text)
        if self.reading.is_to_the_letter and operand.written is not None:
            operand = replace(operand, value=Interval.exact(operand.written.value))
        if self._is_mixed():
            part = Fraction(int(self._text()), int(self._text(2)))
            self.at += 3
            operand = Operand(operand.value + Interval.exact(part))
        self.end = self.at
        return operand

    def _is_mixed(self) -> bool:
        """`1 1/2`, one and a half."""
        signs = [self._sign(n) for n in range(3)]
        if signs != [Sign.NUMBER, Sign.OPERATOR, Sign.NUMBER] or self._text(1) != "/" or not self._touches(1):
            return False
        top, bottom = self._text(), self._text(2)
        return self._touches(2) and top.isdigit() and bottom.isdigit() and 0 < int(top) < int(bottom)

    def _suffixed(self, operand: Operand) -> Operand:
        sign = self._sign()
        if sign is Sign.BANG and self._touches():
            self.at += 1
            self.n_operations += 1
            operand = Operand(operand.value.factorial())
            self.end = self.at
            sign = self._sign()
        if sign is Sign.PERCENT:
            self.at += 1
            self.end = self.at
            operand = replace(operand.scaled(Fraction(1, 100 if self.reading.is_share else 1)), is_percent=True)
        elif sign is Sign.WORD and self._text() in SCALES:
            factor = SCALES[self._text()] if self.reading.is_scaled else 1
            self.at += 1
            operand = operand.scaled(Fraction(factor))
            self.end = self.at
        elif sign is Sign.WORD and self._is_variable():
            raise NotANumber("a variable")
        return operand

    def _is_variable(self) -> bool:
        text = self._text()
        return (len(text) == 1 and text not in ("a", "¢")) or (self._touches() and text not in UNITS)

    def _group(self) -> Interval:
        if self._sign() is not Sign.OPEN:
            raise NotANumber("no group")
        self.n_nested += 1
        if self.n_nested > _MOST_NESTED:
            raise NotANumber("nested too deep")
        divided, self.divided = self.divided, False
        self.at += 1
        value = self._sum().value
        self._take_words(self._words())
        if self._sign() is not Sign.CLOSE:
            raise NotANumber("not closed")
        self.at += 1
        self.n_nested -= 1
        self.divided = divided
        self.end = self.at
        return value
