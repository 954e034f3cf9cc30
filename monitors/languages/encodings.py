"""Runs of digits and signs that decode to text: base64, base32, hexadecimal, binary, decimal codes, Morse."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from monitors.languages.english import Reading
from monitors.languages.passage import Passage

_FEWEST_CHARS = 8
_MOST_BITS = 5.2
_MOST_CHARS = 65_536


def _kinds(members: dict[str, str]) -> bytes:
    table = bytearray(b"." * 256)
    for kind, chars in members.items():
        for char in chars.encode():
            table[char] = ord(kind)
    return bytes(table)


_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# A constant is found some 20 times faster than an expression is tried at each place.
_AS_WORD = _kinds({"x": _ALNUM + "+/"})
_AS_ANY_WORD = _kinds({"x": _ALNUM + "+/-_"})
_LONG_WORD = b"x" * 20
_AS_PAIRS = _kinds({"h": "0123456789abcdefABCDEF", " ": " :,\n"})
_AS_DIGITS = _kinds({"d": "0123456789", " ": " ,\n"})
_AS_BITS = _kinds({"b": "01"})
_AS_MORSE = _kinds({"m": ".-", " ": " /|\n"})
_SOME_CODES = re.compile(rb"dd(?:d? {1,2}dd){9}")
_WIDE_DIGIT = re.compile(r"[^\x00-\x7f](?<=\w)")
_SOME_MORSE = re.compile(rb"(?<!m)(?:m++ ++){8}")

_WORD = re.compile(r"(?:[A-Za-z0-9+/]{20,}|[A-Za-z0-9_-]{20,})(?:\r?\n(?:[A-Za-z0-9+/]{20,}))*={0,6}")
_PAIRS = re.compile(r"(?:0x)?[0-9a-fA-F]{2}(?:[ :,\n]{1,2}(?:0x)?[0-9a-fA-F]{2}){7,}\b")
_BITS = re.compile(r"(?<!\d)[01]{7,8}(?:[ ,\n]{1,2}[01]{7,8}){5,}(?!\d)|(?<!\d)[01]{56,}(?!\d)")
_CODES = re.compile(r"(?<!\d)(?:\d{2,3}[ ,\n]{1,2}){9,}\d{2,3}(?!\d)")
_MORSE_RUN = re.compile(r"(?<![\w.\-])[.\-]{1,6}(?:(?: *[/|] *| {1,7}|\n)[.\-]{1,6}){9,}(?![\w\-])")
_BASE32 = re.compile(r"[A-Z2-7]+={0,6}")
_HEX = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+")
# Web tokens are base64 of JSON everywhere in code: nothing is hidden by them.
_COMMON = ('{"', "{'")

_SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
)
_MORSE_LETTERS = dict(
    zip(
        _SIGNS.split(),
        "abcdefghijklmnopqrstuvwxyz0123456789",
        strict=True,
    )
)


def encoded(text: str, /) -> Iterator[Passage]:
    """Runs that decode to printable text of at least eight characters which reads like a language."""
    for pattern, read in _present(text):
        for run in _words(text) if pattern is _WORD else pattern.finditer(text):
            digits = run.group()[:_MOST_CHARS]
            for form, decoded in read(digits):
                if decoded and _is_text(decoded):
                    yield Passage(run.start(), run.start() + len(digits), form, decoded, 6.0 * len(decoded))
                    break


Read = Callable[[str], Iterator[tuple[str, str | None]]]


def _present(text: str) -> Iterator[tuple[re.Pattern[str], Read]]:
    data = text.encode("utf-8", "replace")
    if _LONG_WORD in data.translate(_AS_WORD):
        yield _WORD, _of_word
    pairs = data.translate(_AS_PAIRS)
    if b"hh hh hh hh" in pairs or b"hh  hh  hh" in pairs or data.count(b"0x") > 7:
        yield _PAIRS, _of_pairs
    digits = data.translate(_AS_DIGITS)
    if b"d" * 7 in digits and b"b" * 7 in data.translate(_AS_BITS):
        yield _BITS, _of_bits
    if (b"ddd ddd" in digits or b"ddd  ddd" in digits) and (
        _SOME_CODES.search(digits) or (not text.isascii() and _WIDE_DIGIT.search(text))
    ):
        yield _CODES, _of_codes
    if (b".-" in data or b"-." in data) and _SOME_MORSE.search(data.translate(_AS_MORSE)):
        yield _MORSE_RUN, _of_morse


def _words(text: str) -> Iterator[re.Match[str]]:
    """What `_WORD.finditer` finds, tried only within runs that are long enough."""
    kinds = text.encode("ascii", "replace").translate(_AS_ANY_WORD)
    at = kinds.find(_LONG_WORD)
    while at >= 0:
        end = kinds.find(b".", at)
        end = end if end >= 0 else len(kinds)
        while at <= end - len(_LONG_WORD):
            match = _WORD.match(text, at)
            at = match.end() if match else at + 1
            if match:
                yield match
        at = kinds.find(_LONG_WORD, max(end, at))


def _of_word(run: str) -> Iterator[tuple[str, str | None]]:
    run = "".join(run.split())
    bare = run.rstrip("=")
    if _HEX.fullmatch(bare):
        yield "hexadecimal", _utf8(bytes.fromhex(bare))
    if _BASE32.fullmatch(run):
        yield "base32", _decoded(base64.b32decode, bare + "=" * (-len(bare) % 8))
    bare = bare.replace("-", "+").replace("_", "/")
    yield "base64", _decoded(base64.b64decode, bare + "=" * (-len(bare) % 4))


def _of_pairs(run: str) -> Iterator[tuple[str, str | None]]:
    yield "hexadecimal", _utf8(bytes.fromhex("".join(re.findall(r"[0-9a-fA-F]{2}", run.replace("0x", "")))))


def _of_bits(run: str) -> Iterator[tuple[str, str | None]]:
    groups = re.findall(r"[01]+", run)
    if len(groups) > 1:
        yield "binary digits", _utf8(bytes(int(group, 2) for group in groups))
        return
    for width in (8, 7):
        whole = run[: len(run) - len(run) % width]
        yield "binary digits", _utf8(bytes(int(whole[i : i + width], 2) for i in range(0, len(whole), width)))


def _of_codes(run: str) -> Iterator[tuple[str, str | None]]:
    codes = [int(code) for code in re.findall(r"\d+", run)]
    yield "decimal codes", _utf8(bytes(codes)) if max(codes) < 256 else None


def _of_morse(run: str) -> Iterator[tuple[str, str | None]]:
    words = re.split(r" *[/|] *| {3,}|\n", run)
    letters = [[_MORSE_LETTERS.get(sign, "") for sign in word.split()] for word in words]
    yield "Morse", None if any("" in word for word in letters) else " ".join("".join(word) for word in letters)


def _decoded(decode: Callable[[str], bytes], digits: str) -> str | None:
    try:
        return _utf8(decode(digits))
    except binascii.Error:
        return None


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_text(decoded: str) -> bool:
    """Printable, mostly letters, and neither JSON nor a row of random letters."""
    if len(decoded) < _FEWEST_CHARS or not all(char.isprintable() or char in "\n\t\r" for char in decoded):
        return False
    if sum(char.isalpha() or char == " " for char in decoded) < 0.75 * len(decoded) or decoded.startswith(_COMMON):
        return False
    read = Reading(decoded)
    return read.bits(0, len(decoded)) <= _MOST_BITS and len(read.starts) >= 2
