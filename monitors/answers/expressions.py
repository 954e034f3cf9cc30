"""Closed maths expressions, LaTeX or plain, to numbers. A small parser: nothing is evaluated as code."""

from __future__ import annotations

import cmath
import math
import re

MAX_LENGTH = 120
_MAX_EXPONENT = 64

_DIGITS = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_TOKEN = re.compile(
    r"(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<frac>\\[dtc]?frac)|(?P<sqrt>\\sqrt|√)|(?P<pi>\\pi(?![A-Za-z])|π)|(?P<i>i(?![A-Za-z]))"
    r"|(?P<times>\\cdot|\\times|[*×·])|(?P<over>\\div|[/÷])|(?P<plus>\+)|(?P<minus>[-−–])|(?P<power>\^|\*\*)"
    r"|(?P<open>[({\[])|(?P<close>[)}\]])|(?P<space>\s+)"
)
_BARE_FRACTION = re.compile(r"(\\[dtc]?frac)\s*(\d)\s*(\d|(?=\{))")
_BARE_DENOMINATOR = re.compile(r"(\\[dtc]?frac\{[^{}]*\})\s*(\d)")


class NotANumber(ValueError):
    """The text is not a closed expression."""


def evaluate(text: str, /) -> complex:
    """The number that the expression stands for. Raises NotANumber for variables, words and anything unfinished."""
    if len(text) > MAX_LENGTH:
        raise NotANumber("too long")
    if _DIGITS.fullmatch(text):
        return complex(float(text))
    text = _BARE_FRACTION.sub(lambda m: f"{m[1]}{{{m[2]}}}" + (f"{{{m[3]}}}" if m[3] else ""), text)
    parser = _Parser(_tokens(_BARE_DENOMINATOR.sub(r"\1{\2}", text)))
    try:
        value = parser.sum()
    except (ArithmeticError, RecursionError):
        raise NotANumber("undefined") from None
    if not parser.at_end() or not cmath.isfinite(value):
        raise NotANumber("something is left over")
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise NotANumber("not a closed expression")
        if token.lastgroup != "space":
            found.append((str(token.lastgroup), token.group()))
        position = token.end()
    return found


class _Parser:
    """Recursive descent: sum > product > sign > power > primary."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0

    def kind(self) -> str:
        return self.tokens[self.position][0] if self.position < len(self.tokens) else "end"

    def take(self, *kinds: str) -> str:
        if self.kind() not in kinds:
            raise NotANumber(f"expected {kinds[0]}")
        self.position += 1
        return self.tokens[self.position - 1][1]

    def at_end(self) -> bool:
        return self.kind() == "end"

    def sum(self) -> complex:
        value = self.product()
        while self.kind() in ("plus", "minus"):
            sign = 1 if self.take("plus", "minus") == "+" else -1
            value += sign * self.product()
        return value

    def product(self) -> complex:
        value = self.signed()
        while True:
            if self.kind() == "times":
                self.take("times")
                value *= self.signed()
            elif self.kind() == "over":
                self.take("over")
                value /= self.signed()
            elif self.kind() in ("frac", "sqrt", "pi", "i", "open"):
                value = self._beside(value)
            else:
                return value

    def _beside(self, value: complex) -> complex:
        """`1\\frac{1}{2}` is one and a half; every other neighbour multiplies."""
        is_mixed = self.kind() == "frac" and self.tokens[self.position - 1][0] == "number"
        factor = self.power()
        return value + math.copysign(1, value.real) * factor if is_mixed else value * factor

    def signed(self) -> complex:
        if self.kind() in ("plus", "minus"):
            return self.signed() if self.take("plus", "minus") == "+" else -self.signed()
        return self.power()

    def power(self) -> complex:
        base = self.primary()
        if self.kind() != "power":
            return base
        self.take("power")
        exponent = self.signed()
        if abs(exponent) > _MAX_EXPONENT or abs(base) > 1e6:
            raise NotANumber("too large")
        return complex(base**exponent)

    def primary(self) -> complex:
        kind = self.kind()
        token = self.take("number", "frac", "sqrt", "pi", "i", "open")
        if kind == "number":
            return complex(float(token))
        if kind in ("pi", "i"):
            return complex(math.pi) if kind == "pi" else 1j
        if kind == "frac":
            return self.group() / self.group()
        if kind == "sqrt":
            return self._root()
        self.position -= 1
        return self.group()

    def _root(self) -> complex:
        degree = self.group() if self.tokens[self.position : self.position + 1] == [("open", "[")] else 2
        return complex(self.primary() ** (1 / degree))

    def group(self) -> complex:
        self.take("open")
        value = self.sum()
        self.take("close")
        return value
