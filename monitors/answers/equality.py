"""Whether two sides are equal, as far as the digits, the units and the rounding shown can tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from monitors.answers.intervals import Interval
from monitors.answers.sides import Side
from monitors.answers.units import UNITS, ratios

_SMALL = Fraction(1, 100)
# Binary floating point shows in the last of many digits.
_FINE_STEP, _FINE = Fraction(1, 10**6), Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_close`: rounding on the way may explain the difference. `should_be` is the left side's value."""

    holds: bool
    is_close: bool
    should_be: str


def compared(left: Side, right: Side, *, is_hedged: bool) -> Verdict | None:
    """Under the plain reading and every pair of known units. None: nothing is stated."""
    if not left.is_calculation and len(left.units) > 1:
        # "50 weeks a year" measures neither.
        return None
    by_units = [replace(left, value=_exact(left) * ratio, written=None) for ratio in ratios(left.units, right.units)]
    # `x = 5 = 5`, `Day 1 = 20 points`: two numbers are a statement only when their units make it one.
    is_calculated = left.is_calculation or right.is_calculation
    candidates = [left, *by_units] if is_calculated else by_units
    if not candidates:
        return None
    should_be = shown(candidates[0].value.middle)
    if any(are_equal(side, right, is_hedged=is_hedged) for side in candidates) or _runs_on(left, right):
        return Verdict(True, True, should_be)
    if _mixes_units(left) or _mixes_units(right) or (by_units and not left.is_calculation and right.is_calculation):
        return None
    is_close = _may_be_rounded(left, right, is_hedged=is_hedged)
    return Verdict(False, is_close and any(_is_close(side.value, right.value) for side in candidates), should_be)


def _exact(side: Side) -> Interval:
    return Interval.exact(side.written.value) if side.written else side.value


def _runs_on(left: Side, right: Side) -> bool:
    """`25.8 + 7.74 = 33.54 + 1.29 = 34.83`: loose writing, but no wrong sum."""
    head = right.head.written
    return head is not None and right.is_calculation and _rounds_to(left.value, head.value, head.step, is_hedged=False)


def _mixes_units(side: Side) -> bool:
    """`3 miles / 440 feet per minute`: what it comes to depends on units that we do not follow."""
    dimensions = [UNITS[name][0] for name in side.units]
    return side.is_quotient and len(set(dimensions)) < len({UNITS[name][1] for name in side.units})


def _may_be_rounded(left: Side, right: Side, *, is_hedged: bool) -> bool:
    is_whole = all(side.value.is_exact and side.value.low.denominator == 1 for side in (left, right))
    return is_hedged or not is_whole


def are_equal(a: Side, b: Side, *, is_hedged: bool) -> bool:
    if b.written is not None:
        return _rounds_to(a.value, b.written.value, b.written.coarse_step if is_hedged else b.written.step, is_hedged)
    if a.written is not None:
        return _rounds_to(b.value, a.written.value, a.written.step, is_hedged)
    slack = abs(a.value.middle) * _SMALL if is_hedged else Fraction(0)
    return a.value.low - slack <= b.value.high and b.value.low <= a.value.high + slack


def _rounds_to(exact: Interval, shown: Fraction, step: Fraction, is_hedged: bool) -> bool:
    """Rounded up, down or cut at the last digit shown; equal where that digit can say it all."""
    if exact.is_exact and step >= _FINE_STEP and (exact.low / step).denominator == 1 and not is_hedged:
        return exact.low == shown
    slack = max(step, abs(exact.middle) * _SMALL) if is_hedged else step
    if step < _FINE_STEP:
        slack = max(slack, abs(exact.middle) * _FINE)
    return exact.low - slack < shown < exact.high + slack


def _is_close(a: Interval, b: Interval) -> bool:
    return abs(a.middle - b.middle) <= _SMALL * abs(a.middle)


def shown(value: Fraction, /) -> str:
    """At most about twenty characters."""
    if value.denominator == 1 and abs(value.numerator) < 10**15:
        return str(value.numerator)
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > 900:
        return "another number"
    return f"{float(value):.6g}"
