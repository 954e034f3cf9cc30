"""Whether a text asserts what it says at a place, or asks it, supposes it, denies it, or takes it back."""

from __future__ import annotations

import re

_BEFORE, _AFTER = 120, 200
_SUPPOSED = re.compile(
    r"\b(?:(?:not|isn't|never)(?=(?: \w+){0,3}\W*\Z)|suppose|supposing|assum\w+|whether|wrong\w*|incorrect\w*"
    r"|mistaken\w*|false\w*|instead of|rather than|claims?|claimed|wants?|wanted|check if|test if"
    r"|let's see if)\b|≠|\\neq?\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?;]\s|\n")
_DENIED = re.compile(
    r"\W{0,3}(?:\?|≠|\\neq?\b|(?:is|are|was|but|which is|that's|this is) (?:not|wrong|false|incorrect)\b)"
)
_TAKEN_BACK = re.compile(
    r"(?:^|[.!?;:,\n(—–-])\W{0,4}(?:wait|no\b[,.!—– ]|oops|hold on|hmm|correction|scratch that|sorry|actually)"
    r"|\b(?:that|this|it|which)(?:'s| is| was| seems| looks| can't be| cannot be| isn't| doesn't| does not)"
    r"(?: \w+){0,2}? (?:wrong|incorrect|false|impossible|mistaken?|error|contradiction|right|correct|true|work|match"
    r"|equal)"
    r"|\b(?:made|is|was|a|an|my) (?:\w+ )?(?:mistake|error|miscalculation)\b|\bmiscalculat|\brecalculat|\brecomput"
    r"|\b(?:does not|doesn't|do not|don't) (?:hold|work|match|satisfy|equal)\b"
    r"|\b(?:is|are) (?:\w+ )?(?:false|not true|not possible|impossible)\b"
    r"|\bredo\b|\b(?:should|must) (?:actually )?(?:be|have been) \S{0,6}\d|\bcontradict"
    r"|\blet me (?:correct|fix|try again|start over)|\bleads? to a wrong\b",
    re.IGNORECASE,
)
_APPROVED = re.compile(
    r"(?:that|this|it|which)(?:'s| is| seems| looks)(?: \w+){0,2}? (?:right|correct|true)$", re.IGNORECASE
)
_NEGATION = re.compile(r"\b(?:not|never)\b|n't", re.IGNORECASE)


def is_taken_back(text: str, start: int, end: int, /) -> bool:
    """Whether `text[start:end]` is no assertion, or is corrected by what follows at once."""
    before = text[max(0, start - _BEFORE) : start]
    sentence = before[_last_end(before) :]
    after = text[end : end + _AFTER]
    if _SUPPOSED.search(sentence) or _DENIED.match(after):
        return True
    return any(not _approves(match.group()) for match in _TAKEN_BACK.finditer(after))


def _last_end(text: str) -> int:
    return max((match.end() for match in _SENTENCE_END.finditer(text)), default=0)


def _approves(words: str) -> bool:
    return _APPROVED.search(words) is not None and not _NEGATION.search(words)
