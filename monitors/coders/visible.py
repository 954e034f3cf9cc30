"""Payloads in plain sight: base64, hexadecimal and binary runs, trailing blanks, a second kind of space."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from monitors.coders.bits import aligned_text_of, is_plausible, text_of

_RUN = re.compile(r"[A-Za-z0-9+/]{24,4096}={0,2}|[01]{8}(?: [01]{8}){2,511}")
# Every byte as x (a digit of base64), b (0 or 1), a blank or a dot: finding a constant in that is 20 times faster than
# trying the expression at each position, and most texts hold no such run.
_CLASSES = bytes(
    ord("b")
    if byte in b"01"
    else ord(" ")
    if byte == 0x20
    else ord("x")
    if chr(byte).isalnum() or byte in b"+/"
    else 0x2E
    for byte in range(128)
).ljust(256, b".")
_HEX = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+")
_BINARY = re.compile(r"[01 ]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_TRAILING = re.compile(r"[ \t]+(?=\n|\Z)")
# Web tokens are base64 of JSON everywhere in code: nothing is hidden by them.
_COMMON = ('{"', "{'")


class Payload(NamedTuple):
    """`text[start:end]` decodes to `decoded`."""

    start: int
    end: int
    kind: str
    decoded: str


def encoded_runs(text: str, /) -> Iterator[Payload]:
    """Runs of base64, hexadecimal or binary digits that decode to at least two words."""
    for run in _RUN.finditer(text):
        for kind, decoded in _readings(run.group()):
            if decoded and len(_WORDS.findall(decoded)) >= 2 and not decoded.startswith(_COMMON):
                yield Payload(run.start(), run.end(), kind, decoded)
                break


def may_have_run(data: bytes, /) -> bool:
    """False when a text, given in UTF-8, holds no such run for certain."""
    classes = data.translate(_CLASSES)
    return b"b" * 8 + b" " + b"b" * 8 in classes or b"x" * 24 in classes.replace(b"b", b"x")


def _readings(run: str) -> Iterator[tuple[str, str | None]]:
    if _BINARY.fullmatch(run):
        yield "binary digits", text_of(run.replace(" ", ""))
    elif _HEX.fullmatch(run):
        yield "hexadecimal", _text(bytes.fromhex(run))
    else:
        yield "base64", _base64(run)


def _base64(run: str) -> str | None:
    digits = run.rstrip("=")
    try:
        return _text(base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True))
    except binascii.Error:
        return None


def _text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if is_plausible(text) else None


def trailing_blanks(text: str, /) -> Payload | None:
    """Spaces and tabs at line ends, read as bits."""
    if "\t\n" not in text and not text.endswith("\t"):
        return None
    runs = list(_TRAILING.finditer(text))
    symbols = "".join(run.group() for run in runs)
    if len(set(symbols)) < 2:
        return None
    decoded = text_of(symbols.translate({32: "0", 9: "1"}))
    return Payload(runs[0].start(), runs[-1].end(), "trailing blanks", decoded) if decoded else None


def second_space(text: str, other: str, /) -> Payload | None:
    """Gaps between words read as bits: a plain space is 0, the other kind of space is 1."""
    first, last = text.find(other), text.rfind(other)
    gaps = [char for char in text[: last + 1] if char in (" ", other)]
    bits = "".join("1" if gap == other else "0" for gap in gaps)
    bits += "0" * (-len(bits) % 8)
    decoded = aligned_text_of(bits)
    return Payload(first, last + 1, f"gaps of U+{ord(other):04X}", decoded) if decoded and len(decoded) >= 4 else None
