"""Bit strings that may be text: bits -> printable text, or None."""

from __future__ import annotations

from collections.abc import Iterator

# So few characters are enough: a payload of random bits reads as text once in a hundred times or less, 16 bits apart.
_MIN_PLAIN, _MIN_INVERTED, _MIN_SHIFTED, _MIN_SEVEN = 2, 4, 6, 14


def bits_of(text: str, /) -> str:
    """UTF-8, eight bits a byte, most significant first."""
    return "".join(f"{byte:08b}" for byte in text.encode("utf-8"))


def text_of(bits: str, /) -> str | None:
    """The first reading as printable text: plain, inverted, then at other phases and seven bits wide.

    A reading must use all bytes. Off the plain alignment a few random bits read as text too easily, so that more
    characters and mostly letters are asked for there.
    """
    for reading, shortest in _readings(bits):
        text = _as_text(reading)
        if text is not None and len(text) >= shortest:
            return text
    return None


def aligned_text_of(bits: str, /) -> str | None:
    """The plain reading only: bits from the first, eight a byte."""
    return _as_text(_bytes(bits, 8))


def is_plausible(text: str, /) -> bool:
    """Printable, and mostly letters, digits and spaces."""
    if not text or not all(char.isprintable() or char in "\n\t" for char in text):
        return False
    return sum(char.isalnum() or char == " " for char in text) >= 0.7 * len(text)


def _readings(bits: str) -> Iterator[tuple[bytes, int]]:
    inverted = bits.translate({48: 49, 49: 48})
    yield _bytes(bits, 8), _MIN_PLAIN
    yield _bytes(inverted, 8), _MIN_INVERTED
    for width, shortest in ((8, _MIN_SHIFTED), (7, _MIN_SEVEN)):
        for phase in range(width):
            if (width, phase) != (8, 0):
                for polarity in (bits, inverted):
                    yield _bytes(polarity[phase:], width), shortest


def _bytes(bits: str, width: int) -> bytes:
    whole = len(bits) - len(bits) % width
    if width == 8:
        return int(bits[:whole] or "0", 2).to_bytes(whole // 8, "big")
    return bytes(int(bits[i : i + width], 2) for i in range(0, whole, width))


def _as_text(data: bytes) -> str | None:
    try:
        text = data.strip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if is_plausible(text) else None
