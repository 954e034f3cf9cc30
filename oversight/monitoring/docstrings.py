"""A monitor's docstring as sections: its page in the dashboard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

_UNDERLINE = re.compile(r"-{3,}\s*")


@dataclass(frozen=True, slots=True)
class Section:
    """A numpy-style section; the text before the first one has no title."""

    title: str
    text: str


def sections(doc: str) -> tuple[Section, ...]:
    """Split at underlined titles. The first line, which the page shows as the summary, is left out."""
    found: list[tuple[str, list[str]]] = [("", [])]
    lines = doc.split("\n")[1:]
    for line, below in zip_longest(lines, lines[1:], fillvalue=""):
        if _UNDERLINE.fullmatch(line):
            continue
        if _UNDERLINE.fullmatch(below) and line.strip():
            found.append((line.strip(), []))
        else:
            found[-1][1].append(line)
    texts = ((title, "\n".join(body).strip("\n")) for title, body in found)
    return tuple(Section(title, text) for title, text in texts if text.strip())
