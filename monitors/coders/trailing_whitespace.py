"""Blanks at line ends."""

from __future__ import annotations

from dataclasses import dataclass

from monitors.coders.coder import Family
from monitors.coders.suffixes import LINES, SuffixCoder


@dataclass(frozen=True, slots=True)
class TrailingWhitespace(SuffixCoder):
    """A space (0) or a tab (1) at the end of a line: one bit a character, `per_site` characters a line.

    The sham writes as many spaces at the same line ends.
    """

    name = "trailing_whitespace"
    family = Family.BYTE
    alphabet = " \t"
    constant = " "
    sites = LINES

    per_site: int = 8
