"""A text as words and sentence ends, in lower case; code and formulas are left out."""

from __future__ import annotations

import re

END = "."
# A letter alone is a word before another word ("a dog"), and not a variable ("a = 2", "a is").
_ALONE = r"(?<!\d)[^\W\d_](?= [^\W\d_]{2})(?! (?:is|be|and|or|equals|by|to|in|from|times|plus|minus)\b)"
_TOKEN = re.compile(rf"[^\W\d_]{{2,}}(?:'[^\W\d_]+)?|[^\W\d_]'[^\W\d_]+|{_ALONE}|[.!?\n]+")
# Commands of formulas look like words ("\\over"). A dollar sign before a figure may be money.
_FORMULA = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|\$\$.*?(?:\$\$|\Z)|\$(?=\S)[^$\n]*(?<=\S)\$(?!\d)"
    r"|\\\[.*?(?:\\\]|\Z)|\\\(.*?(?:\\\)|\Z)|\\[A-Za-z]+(?:\{[^{}\n]*\})*",
    re.DOTALL,
)
_DOTS = re.compile(r"\.{2,}|…")


def words(text: str, /) -> list[str]:
    """Words in order; sentence and line ends are `END`, one for several in a row."""
    return [END if token[0] in ".!?\n" else token for token in _TOKEN.findall(prose(text).lower().replace("’", "'"))]


def prose(text: str, /) -> str:
    """The text with formulas made figures and blocks of code made empty lines: same length, same offsets."""
    if "`" not in text and "$" not in text and "\\" not in text:
        return text
    return _FORMULA.sub(lambda found: ("\n" if found.group()[:3] == "```" else "0") * len(found.group()), text)


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
    """Where the word stands in the text; an ellipsis also as dots."""
    if word == "…":
        return [found.span() for found, _ in zip(_DOTS.finditer(text), range(most), strict=False)]
    pattern = re.compile(
        rf"(?<![^\W\d_]){re.escape(word).replace(chr(39), '[' + chr(39) + '’]')}(?![^\W\d_])", re.IGNORECASE
    )
    return [found.span() for found, _ in zip(pattern.finditer(text), range(most), strict=False)]
