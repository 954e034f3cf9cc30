"""Exact arithmetic on rational intervals, with a limit on the size of every number: the operands come from a text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from monitors.answers.expressions import NotANumber

_MOST_BITS = 4096
_MOST_FACTORIAL = 60
_MOST_CHOICES = 200
_ROOT_SCALE = 10**40


@dataclass(frozen=True, slots=True)
class Interval:
    """All rationals from `low` to `high`; an exact number when they are equal."""

    low: Fraction
    high: Fraction

    @classmethod
    def exact(cls, value: Fraction | int, /) -> Interval:
        exact = Fraction(value)
        return cls(exact, exact)

    @property
    def is_exact(self) -> bool:
        return self.low is self.high or self.low == self.high

    @property
    def middle(self) -> Fraction:
        return self.low if self.low is self.high else (self.low + self.high) / 2

    def __neg__(self) -> Interval:
        if self.low is self.high:
            return _bounded(-self.low)
        return Interval(-self.high, -self.low)

    def __add__(self, other: Interval) -> Interval:
        if self.low is self.high and other.low is other.high:
            return _bounded(self.low + other.low)
        return _bounded(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        if self.low is self.high and other.low is other.high:
            return _bounded(self.low - other.low)
        return self + -other

    def __mul__(self, other: Interval) -> Interval:
        if self.is_exact and other.is_exact:
            return _bounded(self.low * other.low)
        return _spanned(lambda a, b: a * b, self, other)

    def __truediv__(self, other: Interval) -> Interval:
        if other.low <= 0 <= other.high:
            raise NotANumber("division by zero")
        if self.is_exact and other.is_exact:
            return _bounded(self.low / other.low)
        return _spanned(lambda a, b: a / b, self, other)

    def power(self, exponent: Interval) -> Interval:
        """A whole exponent of any sign, or one half."""
        if not exponent.is_exact:
            raise NotANumber("an exponent that is not exact")
        if exponent.low == Fraction(1, 2):
            return self.root()
        whole = exponent.low.numerator
        largest = max(_bits(self.low), _bits(self.high))
        if exponent.low.denominator != 1 or abs(whole) > _MOST_BITS or largest * abs(whole) > _MOST_BITS:
            raise NotANumber("too large")
        if whole < 0:
            return Interval.exact(1) / self.power(-exponent)
        if self.low < 0 < self.high:
            raise NotANumber("an inexact base around zero")
        return _spanned(lambda a, _: a**whole, self, self)

    def root(self) -> Interval:
        if self.low < 0:
            raise NotANumber("the root of a negative number")
        low, high = _root(self.low)
        return Interval(low, high if self.is_exact else _root(self.high)[1])

    def factorial(self) -> Interval:
        if not self.is_exact or self.low.denominator != 1 or not 0 <= self.low <= _MOST_FACTORIAL:
            raise NotANumber("too large")
        return Interval.exact(math.factorial(self.low.numerator))

    def choose(self, k: Interval) -> Interval:
        """Binomial coefficient."""
        if any(not x.is_exact or x.low.denominator != 1 or not 0 <= x.low <= _MOST_CHOICES for x in (self, k)):
            raise NotANumber("too large")
        return Interval.exact(math.comb(self.low.numerator, k.low.numerator))


PI = Interval(Fraction(3141592653589793, 10**15), Fraction(3141592653589794, 10**15))


def _spanned(of: Callable[[Fraction, Fraction], Fraction], a: Interval, b: Interval) -> Interval:
    ends = [of(x, y) for x in {a.low, a.high} for y in {b.low, b.high}]
    return _bounded(min(ends), max(ends))


def _bounded(low: Fraction, high: Fraction | None = None) -> Interval:
    """An exact number where no `high` is given."""
    if _bits(low) > _MOST_BITS or (high is not None and _bits(high) > _MOST_BITS):
        raise NotANumber("too large")
    return Interval(low, low if high is None else high)


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _root(value: Fraction) -> tuple[Fraction, Fraction]:
    """Bounds of the square root; equal where it is rational."""
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if top * top == value.numerator and bottom * bottom == value.denominator:
        exact = Fraction(top, bottom)
        return exact, exact
    scaled = math.isqrt(value.numerator * _ROOT_SCALE**2 // value.denominator)
    return Fraction(scaled, _ROOT_SCALE), Fraction(scaled + 1, _ROOT_SCALE)
