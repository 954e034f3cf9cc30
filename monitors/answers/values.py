"""A stated answer as a value: a number, a tuple of numbers, an option letter, yes or no, or only its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from monitors.answers.expressions import NotANumber, evaluate


class Kind(StrEnum):
    """What sort of answer it is. Values of two kinds cannot be compared, and two texts only for equality."""

    NUMBERS = "numbers"
    LETTER = "letter"
    YES_NO = "yes or no"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Value:
    """`numbers` has one entry for a scalar; `decimals` are the digits written after the point, None for exact."""

    kind: Kind
    text: str
    numbers: tuple[complex, ...] = ()
    decimals: int | None = None
    is_percent: bool = False


# Ratios that a change of unit explains: cents, per cent, thousands, minutes, hours, dozens, weeks.
_UNIT_RATIOS = (7.0, 12.0, 24.0, 60.0, 100.0, 1000.0, 3600.0)

_STRIPPED = re.compile(
    r"\\(?:left|right|displaystyle|,|;|!|:|quad|qquad)(?![A-Za-z])|\\[()\[\]]|\\\$|[$€£*`]|\\text(?:bf|it|rm)?\{\s*\}|~"
)
_WRAPPED = re.compile(r"\\(?:boxed|text|textbf|mathrm|mathbf|textit|operatorname)\{([^{}]*)\}")
_UNIT = re.compile(
    r"(?<=[\d}π%])\s*(?:\\?%|\^?\\?circ\b|\^\{\\circ\}|°|\\?degrees?)?"
    r"\s*(?:[A-Za-z]{2}[A-Za-z .²³^-]{0,40}|(?<=\s)[a-zA-Z])?$"
)
_THOUSANDS = re.compile(r"(?<=\d),(?:\\!)?(?=\d{3}(?!\d))")
_NAMED = re.compile(r"^[A-Za-z](?:_\{?\w\}?)?(?:\([^()=]{0,12}\))?\s*=\s*")
_BASE = re.compile(r"_\{?(\d{1,2})\}?$")
_LETTER = re.compile(r"(?:option|choice)?\s*\(?([A-J])\)?(?:[.):].*)?", re.IGNORECASE | re.DOTALL)
_YES_NO = re.compile(r"(yes|no|true|false)(?:\s*[.,;:!–—-].*)?", re.IGNORECASE | re.DOTALL)
_DECIMALS = re.compile(r"\d\.(\d+)|(?<!\d)\.(\d+)")


def value_of(text: str, /, *, has_options: bool = False) -> Value:
    """Read a stated answer. `has_options`: the question offers lettered options, so that one letter is a choice."""
    plain = text.strip().strip(".,;:").strip()
    letter = _LETTER.fullmatch(_unwrapped(plain))
    if letter and has_options and (letter[1].isupper() or "(" in plain):
        return Value(Kind.LETTER, letter[1].upper())
    if word := _YES_NO.fullmatch(_unwrapped(plain)):
        return Value(Kind.YES_NO, "yes" if word[1].lower() in ("yes", "true") else "no")
    return _numbers(plain) or Value(Kind.TEXT, " ".join(re.sub(r"[^\w\s]", " ", plain).lower().split()))


def same(first: Value, second: Value, /) -> bool | None:
    """True or False where it is certain; None where it is not: texts that differ, rounding, signs, a change of unit."""
    if first.kind is not second.kind:
        return None
    if first.kind is Kind.TEXT:
        return True if first.text == second.text else None
    if first.kind is not Kind.NUMBERS:
        return first.text == second.text
    if len(first.numbers) != len(second.numbers):
        return None
    verdicts = [_same_number(a, b, first, second) for a, b in zip(first.numbers, second.numbers, strict=True)]
    if all(verdict is True for verdict in verdicts):
        return True
    return False if False in verdicts and None not in verdicts else None


def _numbers(plain: str) -> Value | None:
    is_percent = bool(re.search(r"\d\s*\\?%", plain))
    text = _NAMED.sub("", _THOUSANDS.sub("", _unwrapped(_STRIPPED.sub("", plain)).strip().strip(".,;: ")))
    text = _BASE.sub("", _UNIT.sub("", text.replace("\\%", "%"), count=1).rstrip("% "))
    items = _split(text)
    try:
        numbers = tuple(evaluate(item) for item in items)
    except NotANumber:
        return None
    decimals = [len(match[1] or match[2]) for match in _DECIMALS.finditer(text)]
    is_plain = all(re.fullmatch(r"\s*[-−]?[\d.]+\s*", item) for item in items)
    return Value(Kind.NUMBERS, text, numbers, (max(decimals, default=0) if is_plain else None), is_percent)


def _unwrapped(text: str) -> str:
    for _ in range(4):
        text, n_found = _WRAPPED.subn(r"\1", text)
        if not n_found:
            break
    return text


def _split(text: str) -> list[str]:
    """Top-level items of `(3, \\pi/2)`; one item for everything else."""
    inner = text[1:-1] if re.fullmatch(r"\([^()]*,[^()]*\)", text) else text
    return [item for item in inner.split(",") if item.strip()] or [text]


def _same_number(a: complex, b: complex, first: Value, second: Value) -> bool | None:
    if _close(a, b, 1e-9):
        return True
    if first.is_percent != second.is_percent:
        percent, share = (a, b) if first.is_percent else (b, a)
        if _close(percent / 100, share, 1e-9):
            return True
    written = [value.decimals for value in (first, second) if value.decimals is not None]
    if written and abs(a - b) <= 0.5001 * 10.0 ** -min(written):
        return True if min(written) else None
    if _close(a, -b, 1e-9) or abs(a - b) <= 0.01 * max(abs(a), abs(b)):
        return None
    return None if _is_unit_change(a, b) else False


def _is_unit_change(a: complex, b: complex) -> bool:
    small, large = sorted((abs(a), abs(b)))
    return small > 0 and any(_close(complex(large / small), complex(ratio), 1e-6) for ratio in _UNIT_RATIOS)


def _close(a: complex, b: complex, tolerance: float) -> bool:
    return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))
