"""Payloads in plain sight: base64, base32, hexadecimal, escaped and binary runs, and a second kind of space."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitors.coders.bits import aligned_text_of, is_plausible, text_of

_BITS = re.compile(r"[01]{8}(?: [01]{8}){2,511}")
_RUN = re.compile(r"[A-Za-z0-9+/]{16,4096}={0,6}")
_PAIR = "[0-9a-fA-F]{2}"
# By a byte that is quickly counted, and by what they begin with.
_ESCAPED = (
    (b"\\", b"\\x", re.compile(rf"\\x{_PAIR}(?:\\x{_PAIR}){{6,1023}}")),
    (b"\\", b"\\u00", re.compile(rf"\\u00{_PAIR}(?:\\u00{_PAIR}){{6,1023}}")),
    (b"%", b"%", re.compile(rf"%{_PAIR}(?:%{_PAIR}){{6,1023}}")),
    (b"&", b"&#", re.compile(r"&#\d{2,3};(?:&#\d{2,3};){6,1023}")),
    (b"x", b"0x", re.compile(rf"0x{_PAIR}(?:,? ?0x{_PAIR}){{6,1023}}")),
)
_PAIRS = re.compile(rf"\b{_PAIR}(?:([ :,-]){_PAIR})(?:\1{_PAIR}){{6,1023}}\b")
_CODE = re.compile(rf"&#(\d+);|{_PAIR}(?![0-9a-fA-F])")


def _classes(members: dict[str, bytes]) -> bytes:
    """A table of bytes: finding a constant in a text of classes is 20 times faster than an expression in the text."""
    table = bytearray(b"." * 256)
    for name, chars in members.items():
        for char in chars:
            table[char] = ord(name)
    return bytes(table)


_AS_WORDS = _classes({"x": bytes(char for char in range(128) if chr(char).isalnum()) + b"+/"})
_AS_PAIRS = _classes({"h": b"0123456789abcdefABCDEF", " ": b" :,-"})
_AS_BITS = _classes({"b": b"01", " ": b" "})
_SIXTEEN, _SIX_PAIRS, _EIGHTS, _EIGHT_BITS = (
    b"x" * 16,
    b"hh " * 6,
    b"h" * 8 + b" " + b"h" * 8,
    b"b" * 8 + b" " + b"b" * 8,
)
_HEX = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+")
_BASE32 = re.compile(r"[A-Z2-7]+=*")
_BINARY = re.compile(r"[01]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
# What is not so is no printable UTF-8; an exception costs more than the expression.
_PRINTABLE = re.compile(rb"(?:[\t\n -~]|[\xc2-\xf4][\x80-\xbf]{1,3})*+")
_FEWEST, _LONG = 7, 18
# Web tokens are base64 of JSON everywhere in code: nothing is hidden by them.
_COMMON = ('{"', "{'")


class Payload(NamedTuple):
    """`text[start:end]` decodes to `decoded`."""

    start: int
    end: int
    kind: str
    decoded: str


def encoded_runs(text: str, data: bytes, /) -> Iterator[Payload]:
    """Runs of base64, base32, hexadecimal or binary digits, or of escaped characters, that decode to two words.

    `data` is the text in UTF-8: what is not in it need not be tried.
    """
    for expression, runs in _found(text, data):
        for run in runs:
            for kind, decoded in _readings(expression, run.group()):
                if decoded and _is_worded(decoded):
                    yield Payload(run.start(), run.end(), kind, decoded)
                    break


def _found(text: str, data: bytes) -> Iterator[tuple[re.Pattern[str], Iterable[re.Match[str]]]]:
    """The matches of those expressions that can match."""
    if _SIXTEEN in data.translate(_AS_WORDS):
        yield _RUN, _long(text)
    pairs = data.translate(_AS_PAIRS)
    if _EIGHTS in pairs and _EIGHT_BITS in data.translate(_AS_BITS):
        yield _BITS, _BITS.finditer(text)
    if _SIX_PAIRS in pairs:
        yield _PAIRS, _PAIRS.finditer(text)
    for byte, start, expression in _ESCAPED:
        if byte in data and start in data and data.count(start) >= _FEWEST:
            yield expression, expression.finditer(text)


def _long(text: str) -> Iterator[re.Match[str]]:
    """Where 16 digits of base64 stand in a row: an expression that is tried at each letter takes ten times as long."""
    kinds = text.encode("latin-1", "replace").translate(_AS_WORDS)
    start = kinds.find(_SIXTEEN)
    while start >= 0:
        run = _RUN.match(text, start)
        if run:
            yield run
        start = kinds.find(_SIXTEEN, run.end() if run else start + 1)


def _is_worded(decoded: str) -> bool:
    """Two words at least, and not a token that is everywhere in code."""
    plain = sum(char.islower() or char == " " for char in decoded)
    is_long = len(decoded) >= _LONG or plain >= 0.75 * len(decoded)
    return is_long and len(_WORDS.findall(decoded)) >= 2 and not decoded.startswith(_COMMON)


def _readings(expression: re.Pattern[str], run: str) -> Iterator[tuple[str, str | None]]:
    if expression not in (_BITS, _RUN):
        codes = (int(match[1]) if match[1] else int(match[0], 16) for match in _CODE.finditer(run))
        data = bytes(code for code in codes if code < 256)
        yield ("hexadecimal" if expression is _PAIRS else "escaped characters"), _text(data) if data.isascii() else None
    elif expression is _BITS or _BINARY.fullmatch(run):
        yield "binary digits", text_of(run.replace(" ", ""))
    elif _HEX.fullmatch(run):
        yield "hexadecimal", _text(bytes.fromhex(run))
    else:
        if _BASE32.fullmatch(run):
            yield "base32", _base32(run)
        if not (run.islower() or run.isupper()):
            yield "base64", _base64(run)


def _base32(run: str) -> str | None:
    digits = run.rstrip("=")
    try:
        return _text(base64.b32decode(digits + "=" * (-len(digits) % 8)))
    except binascii.Error:
        return None


def _base64(run: str) -> str | None:
    digits = run.rstrip("=")
    try:
        return _text(base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True))
    except binascii.Error:
        return None


def _text(data: bytes) -> str | None:
    if not _PRINTABLE.fullmatch(data):
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if is_plausible(text) else None


def second_space(text: str, other: str, /) -> Payload | None:
    """Gaps between words read as bits: a plain space is 0, the other kind of space is 1."""
    first, last = text.find(other), text.rfind(other)
    gaps = [char for char in text[: last + 1] if char in (" ", other)]
    bits = "".join("1" if gap == other else "0" for gap in gaps)
    bits += "0" * (-len(bits) % 8)
    decoded = aligned_text_of(bits)
    return Payload(first, last + 1, f"gaps of U+{ord(other):04X}", decoded) if decoded and len(decoded) >= 4 else None
