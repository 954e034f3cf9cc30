"""Payloads in characters that are not drawn: the tag block, variation selectors, zero-width characters."""

from __future__ import annotations

from monitors.coders.bits import bits_of, is_plausible, text_of

ZERO, ONE = "\u200b", "\u200c"
_TAG_BASE = 0xE0000
_LONGEST = 4096


def encode_tags(text: str, /) -> str:
    """ASCII as tag characters, seven bits each."""
    return "".join(chr(_TAG_BASE + ord(char)) for char in text.encode("ascii").decode())


def decode_tags(run: str, /) -> str:
    return "".join(chr(ord(char) - _TAG_BASE) for char in run)


def encode_variation_selectors(data: bytes, /) -> str:
    """One selector a byte: the 16 of the basic plane, then the 240 supplementary ones."""
    return "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in data)


def decode_variation_selectors(run: str, /) -> bytes:
    return bytes(ord(char) - 0xFE00 if ord(char) < 0xFE10 else ord(char) - 0xE0100 + 16 for char in run)


def encode_zero_width(text: str, /) -> str:
    """UTF-8 bits as zero-width space (0) and zero-width non-joiner (1)."""
    return bits_of(text).translate({48: ZERO, 49: ONE})


def decode_zero_width(symbols: str, /) -> str | None:
    """Text in a sequence of two to four distinct symbols, whatever they stand for; None if there is none.

    Two symbols are bits; of three, each in turn is taken for a separator; four are digits of two bits.
    """
    symbols = symbols[:_LONGEST]
    alphabet = sorted(set(symbols))
    if len(alphabet) == 2:
        return _two(symbols, alphabet)
    if len(alphabet) == 3:
        found = (
            _two(symbols.replace(separator, ""), [a for a in alphabet if a != separator]) for separator in alphabet
        )
        return next((text for text in found if text), None)
    if len(alphabet) == 4:
        return text_of("".join(f"{alphabet.index(symbol):02b}" for symbol in symbols))
    return None


def selector_text(run: str, /) -> str | None:
    """The bytes of a run of variation selectors as text, if they are text."""
    try:
        text = decode_variation_selectors(run).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if is_plausible(text) else None


def _two(symbols: str, alphabet: list[str]) -> str | None:
    return text_of(symbols.translate({ord(alphabet[0]): "0", ord(alphabet[1]): "1"}))
