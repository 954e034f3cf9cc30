"""Classes of the bytes of a text, eight flags a byte: what is looked for in each text costs a few passes over them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# A digit of base64; of hexadecimal; of binary; what stands between pairs of digits; a blank; a line's end; what is not
# plain ASCII; what is neither a blank nor a line's end.
WORD, HEX, BINARY, SEPARATOR, BLANK, END, ODD, INNER = (1 << at for at in range(8))
_ALPHANUMERIC = bytes(char for char in range(128) if chr(char).isalnum())
_MEMBERS = {
    WORD: _ALPHANUMERIC + b"+/",
    HEX: b"0123456789abcdefABCDEF",
    BINARY: b"01",
    SEPARATOR: b" :,-",
    BLANK: b" \t",
    END: b"\r\n",
    ODD: bytes({*range(256)}.difference(range(0x20, 0x7F), b"\n\t")),
    INNER: bytes({*range(256)}.difference(b" \t\r\n")),
}
_TABLE = bytes(sum(flag for flag, members in _MEMBERS.items() if byte in members) for byte in range(256))
Classes = npt.NDArray[np.uint8]


def classes(data: bytes, /) -> Classes:
    """The flags of each byte."""
    return np.frombuffer(data.translate(_TABLE), np.uint8)


def any_of(flags: Classes, /) -> int:
    """The flags that any of them has."""
    return int(np.bitwise_or.reduce(flags))


def rows(flags: Classes, length: int, /) -> Classes:
    """For each place the flags that it and the next `length` - 1 have in common; `length` is a power of two."""
    step = 1
    while step < length:
        flags = flags[step:] & flags[:-step]
        step *= 2
    return flags


def spaced(flags: Classes, apart: int, /) -> Classes:
    """For each place the flags that six places so far apart have in common, from it on."""
    two = flags[:-apart] & flags[apart:]
    four = two[: -2 * apart] & two[2 * apart :]
    six: Classes = four[: -2 * apart] & two[4 * apart :]
    return six
