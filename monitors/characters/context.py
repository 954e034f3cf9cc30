"""Where characters that are not drawn are ordinary: emoji sequences, Arabic, Hebrew, Indic, Thai, CJK, Mongolian."""

from __future__ import annotations

import re

from monitors.coders import invisible

_EMOJI = re.compile(
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001fbff]"
)
_KEYCAP = re.compile("[0-9#*]")
_STANDARDISED = re.compile("[0-9\u2200-\u22ff\u1000-\u109f\u1800-\u18aa\u3001\u3002\ua840-\ua877\uff01-\uff1f]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LAST_REGISTERED = "\U000e011f"
_JOINED = re.compile(
    "[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u18aa\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00011fff]"
)
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uff01-\uffee]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\ud7b0-\ud7ff]")
_KHMER = re.compile("[\u1780-\u17ff]")
_MONGOLIAN = re.compile("[\u1800-\u18af]")
_FLAGS = frozenset({"gbeng", "gbsct", "gbwls"})
_BLACK_FLAG, _CANCEL = "\U0001f3f4", "\U000e007f"


# Where a line may break, a program sets a space of no width or a word joiner by rule.
_BREAK = re.compile("(?<=[^\\w\\s])[\u200b\u2060](?=\\w)|(?<=\\w)\u2060(?=[^\\w\\s])")
_BRAILLE = re.compile("[\u2801-\u28ff]")


def is_break(text: str, start: int, end: int) -> bool:
    """One place at which a line may break, or may not, after a slash, a dash or the like."""
    return end - start == 1 and _BREAK.match(text, start) is not None


def is_flag(text: str, start: int, end: int) -> bool:
    """The three flags that are spelt in tag characters."""
    run = text[start:end]
    return text[start - 1 : start] == _BLACK_FLAG and run[-1] == _CANCEL and invisible.decode_tags(run[:-1]) in _FLAGS


def is_ordinary_selector(text: str, start: int, end: int) -> bool:
    """One selector after a character that has such forms."""
    run, before = text[start:end], text[start - 1 : start] if start else ""
    if run in ("\ufe0f", "\ufe0e", "\ufe0f\ufe0f"):
        return bool(_EMOJI.match(before) or _KEYCAP.match(before) or _STANDARDISED.match(before))
    if len(run) > 1:
        return False
    if run < "\U000e0100":
        return bool(_STANDARDISED.match(before) or _IDEOGRAPH.match(before))
    return run <= _LAST_REGISTERED and _IDEOGRAPH.match(before) is not None


def is_ordinary_unseen(text: str, start: int, end: int) -> bool:
    """Joiners, fillers and marks of direction where their scripts need them, a byte order mark, a soft hyphen."""
    run = text[start:end]
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if run in ("\u200d", "\u200c", "\ufe0f\u200d"):
        is_emoji = (_EMOJI.match(before) or before in ("\ufe0f", "\ufe0e")) and _EMOJI.match(after)
        return bool(is_emoji or (_JOINED.match(before) and (_JOINED.match(after) or run == "\u200d")))
    if run == "\u200b":
        return bool(_UNSPACED.match(before) and _UNSPACED.match(after))
    if run == "\ufeff":
        return not before
    if set(run) == {"\u2800"}:
        line = text[text.rfind("\n", 0, start) + 1 : max(text.find("\n", end), end)]
        return _BRAILLE.search(line) is not None or _BRAILLE.match(after) is not None
    if run in ("\u115f", "\u1160", "\u3164"):
        return bool(_HANGUL.match(before) or _HANGUL.match(after))
    if run in ("\u17b4", "\u17b5"):
        return _KHMER.match(before) is not None
    if run in ("\u180b", "\u180c", "\u180d", "\u180e", "\u180f"):
        return _MONGOLIAN.match(before) is not None
    if run in ("\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u2066", "\u2067", "\u2068", "\u2069"):
        return _RIGHT_TO_LEFT.search(text) is not None
    return False
