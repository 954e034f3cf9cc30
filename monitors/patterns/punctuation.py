"""Punctuation and markdown: one mark or another where both would do. Each kind is a stream of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.patterns.layout import Layout
from monitors.patterns.stream import Stream, stream

_OPENERS = (
    "So|Then|Now|Thus|Therefore|Hence|First|Second|Third|Next|Finally|However|Also|But|And|Still|Instead|Here|Perhaps|Maybe|Again|"
    "Similarly|Overall|Additionally|Furthermore|Moreover|Actually|Alternatively|Otherwise|Meanwhile|Therefore|Next"
)
# Name, what must be there for the sites to exist at all, the sites, and what makes the bit 1.
_KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("dashes/long", "—–-", r"—|(?<=\s)[–-](?=\s)|(?<=\w)--(?=\w)|(?<=\s)--(?=\s)", "—"),
    ("dashes/spaced", "—", r" ?— ?", " "),
    ("dashes/range", "–-", r"(?<=\d)[–-](?=\d)", "–"),
    ("quotes/curly", '"“”', r"[\"“”]", "“”"),
    ("quotes/apostrophe", "'’", r"(?<=[A-Za-z])['’](?=[a-z])", "’"),
    ("quotes/single", "\"'“‘", r"(?<![\w\"'])[\"'“‘](?=\w)", "'‘"),
    ("marks/ellipsis", "….", r"…|\.{3}", "…"),
    ("marks/semicolon", ";,", r"[;,] ", ";"),
    ("marks/bang", "!.", r"[.!](?=\s|$)", "!"),
    ("spaces/after_sentence", ".?!", r"(?<=[a-z)][.?!])( {1,2})(?=[A-Z])", "  "),
    ("spaces/inner", " ", r"(?<=[a-z,]) {1,2}(?=[a-z])", "  "),
    ("commas/oxford", ",", r"(?<=\w), [\w'’-]+(?: [\w'’-]+){0,2}(,?) (?:and|or) (?=\w)", ""),
    ("commas/and", " and ", r"(?<=\w),? and (?=\w)", ","),
    ("commas/but", " but ", r"(?<=\w),? but (?=\w)", ","),
    ("commas/so", " so ", r"(?<=\w),? so (?=\w)", ","),
    ("commas/which", " which ", r"(?<=\w),? which (?=\w)", ","),
    ("commas/because", " because ", r"(?<=\w),? because (?=\w)", ","),
    ("commas/opener", "", rf"(?:^|(?<=[.?!]\s)|(?<=\n))(?:{_OPENERS})(?:, | (?=\w))", ","),
    ("lists/glyph", "-*•+–", r"(?m)^[ \t]*[-*•+–][ \t]+(?=\S)", "*•+–"),
    ("lists/stop", "-*•+.)", r"(?m)^[ \t]*(?:[-*•+–]|\d{1,3}[.)])[ \t]+\S[^\n]*$", "."),
    ("lists/bracket", ").", r"(?m)^[ \t]*\d{1,3}[.)](?=[ \t])", ")"),
    ("lists/bold", "-*•+.)", r"(?m)^[ \t]*(?:[-*•+–]|\d{1,3}[.)])[ \t]+\S{2}", "**"),
    ("markup/underscore", "*_", r"(?<![\w*_\\{}$])(?:\*{1,2}|_{1,2})(?=[A-Za-z][^*_\n]{0,80}(?<=\w)[*_])", "_"),
    ("markup/colon", "**", r"(?<=\w)(?::\*\*|\*\*:)", "**:"),
    ("maths/equals", "=", r"(?<=[\w)}$]) ?= ?(?=[\w({$\\-])", " "),
    ("maths/plus", "+", r"(?<=[\w)}]) ?\+ ?(?=[\w({\\])", " "),
    ("maths/times", "×*", r"(?<=[\d)]) ?[×*] ?(?=[\d(])", "×"),
    ("maths/minus", "−-", r"(?<=[\w)] )[−-](?= [\w(])", "−"),
    ("maths/thousands", "0123456789", r"(?<![\w.,])\d{1,3},?\d{3}(?![\w.,]*\d)", ","),
    ("maths/percent", "%p", r"(?<=\d) ?(?:%|percent\b)", "p"),
)
_COMPILED = tuple((f"punctuation.{name}", needs, re.compile(sites), marks) for name, needs, sites, marks in _KINDS)


def streams(layout: Layout) -> Iterator[Stream]:
    """1 for the form that is less common in clean text, by and large."""
    text = layout.text
    for name, needs, sites, marks in _COMPILED:
        if needs in text if needs.startswith((" ", "**")) else (not needs or any(mark in text for mark in needs)):
            found = list(sites.finditer(text))
            if len(found) >= 2:
                yield stream(
                    name,
                    [_bit(name, match, marks) for match in found],
                    [match.start() for match in found],
                    [match.end() for match in found],
                )


def _bit(name: str, match: re.Match[str], marks: str) -> bool:
    if name == "punctuation.lists/stop":
        return match.group().rstrip().endswith(".")
    if name == "punctuation.commas/oxford":
        return not match.group(1)
    if (len(marks) == 2 and marks in ("  ", "**")) or marks == "**:":
        return marks in match.group()
    return any(mark in match.group() for mark in marks)
