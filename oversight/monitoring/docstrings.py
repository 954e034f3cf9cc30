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


def parameter_help(doc: str) -> dict[str, str]:
    """What the section Parameters says of each name: "a, b : text" speaks of both, deeper lines go on."""
    text = next((section.text for section in sections(doc) if section.title == "Parameters"), "")
    found: dict[str, str] = {}
    names: tuple[str, ...] = ()
    for line in text.split("\n"):
        head, colon, rest = line.partition(" : ")
        if colon and not line.startswith(" "):
            names = tuple(name.strip() for name in head.split(","))
            found |= dict.fromkeys(names, rest.strip())
        elif line.strip():
            found |= {name: f"{found[name]} {line.strip()}".strip() for name in names}
    return found
