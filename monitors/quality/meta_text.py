"""What a writer says about its task before the text itself: taken away from all arms alike."""

from __future__ import annotations

import re

_ABOUT = r"(?:re)?(?:paraphras|phras|rephras|reword|rewrit|formulat|reformulat)|alternative (?:presentation|version)"
_ASIDE = re.compile(
    rf"(?i)\A\s*(?:#+[^\n]*\b(?:{_ABOUT})[^\n]*|\**(?:here(?:'s| is)|below is|certainly|sure|of course)\b[^\n]*:\**)"
    r"(?:\n+|\Z)(?:-{3,}\n+)?"
)
# The writer answers the request instead of rewriting a text.
_REFUSAL = re.compile(
    r"(?i)\b(?:i (?:notice|appreciate|see) (?:that )?you|you(?:'ve| have) (?:only )?provided|i'd be happy to|"
    r"i'm prepared to|original text consists|text to paraphrase|you'd like me to (?:paraphrase|rewrite|reword))"
)


def without_aside(text: str, /) -> str:
    """The text after headings and lines that announce a rewriting; empty when it only answers the request."""
    shorter = _ASIDE.sub("", text, count=1)
    while shorter != text:
        text, shorter = shorter, _ASIDE.sub("", shorter, count=1)
    return "" if _REFUSAL.search(text[:600]) else text
