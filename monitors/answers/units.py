"""Units and scale words: what one of each is in the base unit of its dimension, as an interval where usage differs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from monitors.answers.intervals import Interval

# One of each in seconds, metres, grams, litres, dollars. Months and years are counted in several ways.
_TABLE: dict[str, dict[str, tuple[str, str]]] = {
    "time": {
        "second seconds sec secs": ("1", "1"),
        "minute minutes min mins": ("60", "60"),
        "hour hours hr hrs": ("3600", "3600"),
        "day days": ("86400", "86400"),
        "week weeks": ("604800", "604800"),
        "month months": ("2419200", "2678400"),
        "year years": ("31104000", "31622400"),
        "decade decades": ("311040000", "316224000"),
    },
    "length": {
        "millimeter millimeters millimetre millimetres mm": ("0.001", "0.001"),
        "centimeter centimeters centimetre centimetres cm": ("0.01", "0.01"),
        "meter meters metre metres": ("1", "1"),
        "kilometer kilometers kilometre kilometres km": ("1000", "1000"),
        "inch inches": ("0.0254", "0.0254"),
        "foot feet ft": ("0.3048", "0.3048"),
        "yard yards": ("0.9144", "0.9144"),
        "mile miles mi": ("1609.344", "1609.344"),
    },
    "mass": {
        "milligram milligrams mg": ("0.001", "0.001"),
        "gram grams": ("1", "1"),
        "kilogram kilograms kg kgs kilos": ("1000", "1000"),
        "ton tons tonne tonnes": ("907184.74", "1016046.9088"),
        "ounce ounces oz": ("28.349523125", "28.349523125"),
        "pound pounds lb lbs": ("453.59237", "453.59237"),
    },
    "volume": {
        "milliliter milliliters millilitre millilitres ml": ("0.001", "0.001"),
        "liter liters litre litres": ("1", "1"),
        "cup cups": ("0.2365882365", "0.2365882365"),
        "pint pints": ("0.473176473", "0.473176473"),
        "quart quarts": ("0.946352946", "0.946352946"),
        "gallon gallons": ("3.785411784", "3.785411784"),
    },
    "money": {"cent cents ¢": ("0.01", "0.01"), "dollar dollars $": ("1", "1")},
}

UNITS: dict[str, tuple[str, Interval]] = {
    name: (dimension, Interval(Fraction(low), Fraction(high)))
    for dimension, units in _TABLE.items()
    for names, (low, high) in units.items()
    for name in names.split()
}

SCALES = {
    "dozen": 12,
    "dozens": 12,
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}


def ratios(first: frozenset[str], second: frozenset[str], /) -> Iterator[Interval]:
    """How many of a unit of `second` one of a unit of `first` is, for every pair of one dimension."""
    for name in sorted(first):
        for other in sorted(second - {name}):
            if name in UNITS and other in UNITS and UNITS[name][0] == UNITS[other][0]:
                yield UNITS[name][1] / UNITS[other][1]
