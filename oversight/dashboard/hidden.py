"""Characters that a reader would not see: which they are, what they are called, and what they spell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from monitors.coders import invisible


class Kind(StrEnum):
    """What a run of hidden characters is; in the plural, as a pill names it."""

    TAG = "tag characters"
    SELECTOR = "variation selectors"
    BIDI = "direction controls"
    ZERO_WIDTH = "zero-width characters"
    COMBINING = "combining marks"
    CONTROL = "control characters"
    CARRIAGE_RETURN = "carriage returns"
    UNASSIGNED = "private or unassigned characters"
    NON_ASCII = "characters outside ASCII"

    def counted(self, n: int) -> str:
        """Such as "1 carriage return", "32 tag characters"."""
        return f"{n:,} {self.value if n != 1 else self.value.removesuffix('s')}"


_MEMBERS = (
    (Kind.TAG, "\U000e0000-\U000e007f"),
    (Kind.SELECTOR, "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"),
    (Kind.BIDI, "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"),
    (
        Kind.ZERO_WIDTH,
        "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0",
    ),
    (Kind.CONTROL, "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb"),
    (Kind.CARRIAGE_RETURN, "\r"),
    (
        Kind.UNASSIGNED,
        "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufff0-\ufff8\ufffe\uffff\U000e0080-\U000e00ff\U000e01f0-\U0010ffff",
    ),
)
_KIND_OF = tuple((kind, re.compile(f"[{members}]")) for kind, members in _MEMBERS)
_COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# A stack of more than eight marks on one letter hides its neighbours.
_ALL = "".join(members for _, members in _MEMBERS)
_HIDDEN = re.compile(f"[{_ALL}]+|[{_COMBINING}]{{9,}}")
_may_hide = re.compile(f"[{_ALL}{_COMBINING}]").search
_RAW = re.compile("[^\x20-\x7e\n]+")
_EMOJI = re.compile("[#*0-9\xa9\xae\u2000-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff]")
_JOINING = re.compile("[\u0590-\u109f\u1780-\u18aa\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00011fff]")
_NAMES = {0x0D: "CARRIAGE RETURN", 0x09: "TAB", 0x00: "NULL", 0x1B: "ESCAPE", 0x08: "BACKSPACE", 0x7F: "DELETE"}
_MOST_SPELT = 200
# England, Scotland and Wales have flags that are spelt in tag characters after a black flag.
_FLAG, _FLAGS = "\U0001f3f4", frozenset({"gbeng", "gbsct", "gbwls"})


@dataclass(frozen=True, slots=True)
class HiddenRun:
    """`text[start:end]` is not drawn, or not as what it is. `spells` is what it decodes to, when that is text."""

    start: int
    end: int
    kind: Kind
    label: str
    title: str
    spells: str = ""


def hidden_runs(text: str) -> Iterator[HiddenRun]:
    """What a reader has to be shown, in order. What emoji and joining scripts need is not hidden."""
    # A long text has few different characters, and to look at each of those takes a tenth of the time.
    if not _may_hide("".join(set(text))):
        return
    for match in _HIDDEN.finditer(text):
        if not _is_ordinary(match, text):
            yield from _runs(match.start(), match.group())


def raw_runs(text: str) -> Iterator[HiddenRun]:
    """Every character that is not printable ASCII or a line feed, by its code point."""
    for match in _RAW.finditer(text):
        for offset, char in enumerate(match.group()):
            start = match.start() + offset
            yield HiddenRun(start, start + 1, Kind.NON_ASCII, code_point(char), name_of(char))


def clipped(run: HiddenRun, text: str, start: int, end: int) -> HiddenRun:
    """What of a run lies in [start, end)."""
    if start <= run.start and run.end <= end:
        return run
    left, right = max(start, run.start), min(end, run.end)
    return _run(left, text[left:right], run.kind)


def code_point(char: str) -> str:
    return f"U+{ord(char):04X}"


def name_of(char: str) -> str:
    """Its Unicode name; control characters, surrogates and unassigned ones have none."""
    if 0xE0020 <= ord(char) <= 0xE007E:
        return f"TAG {chr(ord(char) - 0xE0000)}"
    return unicodedata.name(char, _NAMES.get(ord(char), "unnamed character"))


def _runs(start: int, members: str) -> Iterator[HiddenRun]:
    for kind, group in groupby(members, key=_kind):
        run = "".join(group)
        yield _run(start, run, kind)
        start += len(run)


def _kind(char: str) -> Kind:
    return next((kind for kind, members in _KIND_OF if members.match(char)), Kind.COMBINING)


def _run(start: int, run: str, kind: Kind) -> HiddenRun:
    if len(run) == 1:
        return HiddenRun(start, start + 1, kind, code_point(run), name_of(run))
    spells = _spelt(run, kind)
    first = ", ".join(code_point(char) for char in run[:6]) + (", ..." if len(run) > 6 else "")
    return HiddenRun(start, start + len(run), kind, kind.counted(len(run)), first, spells)


def _spelt(run: str, kind: Kind) -> str:
    if kind is Kind.TAG:
        spelt = invisible.decode_tags(run)
    elif kind is Kind.SELECTOR:
        spelt = invisible.selector_text(run) or ""
    elif kind is Kind.ZERO_WIDTH:
        spelt = invisible.decode_zero_width(run) or ""
    else:
        spelt = ""
    return "".join(char if char.isprintable() else "\N{SYMBOL FOR SUBSTITUTE FORM TWO}" for char in spelt[:_MOST_SPELT])


def _is_ordinary(match: re.Match[str], text: str) -> bool:
    run, before, after = match.group(), text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    if run in ("\ufe0f", "\ufe0e", "\ufe0f\u200d", "\u200d") and before:
        joins = run.endswith("\u200d")
        return bool((_EMOJI.match(before) and (not joins or _EMOJI.match(after))) or (joins and _JOINING.match(before)))
    if run == "\u200c" and before:
        return bool(_JOINING.match(before))
    if before == _FLAG:
        return invisible.decode_tags(run.removesuffix("\U000e007f")) in _FLAGS
    return run == "\r" and after == "\n"
