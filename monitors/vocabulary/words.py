"""A text as words and sentence ends, in lower case; code blocks are left out."""

from __future__ import annotations

import re

END = "."
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[.!?\n]+")
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)


def words(text: str, /) -> list[str]:
    """Words in order; sentence and line ends are `END`, one for several in a row."""
    if "```" in text:
        text = _FENCED.sub("\n", text)
    return [END if token[0] in ".!?\n" else token for token in _TOKEN.findall(text.lower().replace("’", "'"))]


def once(found: list[str], /) -> list[str]:
    """The words without sentences that stood before: a loop says nothing of what words are chosen."""
    kept: list[str] = []
    seen: set[tuple[str, ...]] = set()
    start = 0
    for at, word in enumerate([*found, END]):
        if word == END:
            sentence = tuple(found[start:at])
            if sentence not in seen:
                seen.add(sentence)
                kept += (*sentence, END)
            start = at + 1
    return kept


def places(text: str, word: str, most: int = 40) -> list[tuple[int, int]]:
    """Where the word stands in the text."""
    pattern = re.compile(
        rf"(?<![^\W\d_]){re.escape(word).replace(chr(39), '[' + chr(39) + '’]')}(?![^\W\d_])", re.IGNORECASE
    )
    return [found.span() for found, _ in zip(pattern.finditer(text), range(most), strict=False)]
