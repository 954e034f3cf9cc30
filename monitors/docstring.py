"""A monitor's docstring together with what its base class says once for all of its kind."""

from __future__ import annotations

import inspect
import re

_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}[ ]*\n", re.MULTILINE)
_ORDER = ("Parameters", "Returns", "Raises", "Notes", "References")
# Their entries stand line below line; the others are prose.
_LISTS = frozenset({"Parameters", "Raises", "References"})
# Under these what is particular comes before what holds for all.
_OWN_FIRST = frozenset({"Notes", "References"})


def joined(cls: type) -> str:
    """The docstring of a class in numpy style, each section of it joined with that of its base classes.

    The first paragraph of a base class, which says what the base class is, does not count; base classes without
    headings say nothing here.
    """
    texts = [inspect.cleandoc(one.__dict__["__doc__"]) for one in cls.__mro__ if one.__dict__.get("__doc__")]
    bases = [text for text in texts[1:] if _HEADING.search(text)]
    if not bases:
        return inspect.getdoc(cls) or ""
    summary, found = _read(texts[0])
    for base in bases:
        for title, text in _read(base)[1].items():
            both = [text, found.get(title, "")]
            between = "\n" if title in _LISTS else "\n\n"
            found[title] = between.join(filter(None, reversed(both) if title in _OWN_FIRST else both))
    titles = [*_ORDER, *(title for title in found if title and title not in _ORDER)]
    told = [f"{title}\n{'-' * len(title)}\n{found[title]}" for title in titles if found.get(title)]
    return "\n\n".join([summary, *filter(None, [found[""]]), *told])


def _read(text: str) -> tuple[str, dict[str, str]]:
    """The first paragraph, and the sections by heading; what comes before the first one under no name."""
    head, *rest = _HEADING.split(text)
    summary, _, more = head.strip().partition("\n\n")
    sections = {title: body.strip("\n") for title, body in zip(rest[::2], rest[1::2], strict=True)}
    return summary, {"": more, **sections}
