"""What says nothing new: fenced code, and sentences that were there before."""

from __future__ import annotations

import re
from collections.abc import Sequence

Steps = Sequence[tuple[int, int]]
_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_FEW_WORDS = 4


def without_fences(text: str, steps: Steps) -> tuple[str, Steps]:
    """Fenced code and the sentences inside it are blanked out, so that offsets stay."""
    if "```" not in text and "~~~" not in text:
        return text, steps
    text = _FENCE.sub(lambda block: _blanked(block.group()), text)
    return text, [(start, end) for start, end in steps if not text[start:end].isspace()]


def _blanked(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def without_loops(text: str, steps: Steps) -> tuple[str, Steps]:
    """Every sentence of some words that was there before is blanked out."""
    seen: set[tuple[str, ...]] = set()
    fresh: list[tuple[int, int]] = []
    pieces: list[str] = []
    done = 0
    for start, end in steps:
        sentence = text[start:end]
        # The first three words and the last two; those between need not be parted.
        words = sentence.split(None, _FEW_WORDS)
        key = (*words[:3], *sentence.rsplit(None, 2)[-2:])
        if len(words) >= _FEW_WORDS and key in seen:
            pieces += (text[done:start], _blanked(sentence))
            done = end
        else:
            seen.add(key)
            fresh.append((start, end))
    return "".join((*pieces, text[done:])) if pieces else text, fresh
