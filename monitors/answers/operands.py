"""A number as it was written: its value, what its last digit counts, and what it may have been rounded from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from monitors.answers.intervals import Interval


@dataclass(frozen=True, slots=True)
class Written:
    """`step` is what the last digit counts; `coarse_step` what the last digit before closing zeros counts."""

    value: Fraction
    step: Fraction
    coarse_step: Fraction

    def scaled(self, factor: Fraction) -> Written:
        size = abs(factor)
        return Written(self.value * factor, self.step * size, self.coarse_step * size)


@dataclass(frozen=True, slots=True)
class Operand:
    """A value in a calculation; `written` while it is still one number."""

    value: Interval
    written: Written | None = None
    is_percent: bool = False

    def scaled(self, factor: Fraction) -> Operand:
        written = self.written and self.written.scaled(factor)
        return replace(self, value=self.value * Interval.exact(factor), written=written)


@lru_cache(maxsize=4096)
def literal(digits: str, /) -> Operand:
    """`33.33` stands for all that is cut or rounded to it, `2.5` and `0.75` for themselves."""
    decimals = len(digits.partition(".")[2])
    value, step = Fraction(digits), Fraction(1, 10**decimals)
    zeros = 0 if decimals else len(digits) - len(digits.rstrip("0"))
    written = Written(value, step, step * 10 ** (zeros if value else 0))
    is_cut = decimals >= 2 and (value * 40).denominator != 1
    return Operand(Interval(value - step / 2, value + step) if is_cut else Interval.exact(value), written)
