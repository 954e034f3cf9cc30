"""Values in PostgreSQL's binary form, by the names of their types: nothing is quoted, searched or parsed."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

Encode = Callable[[Any], bytes]
NULL = b"\xff\xff\xff\xff"
_DAY_0, _TIME_0, _MICROSECOND = date(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_IP_FAMILIES = {4: b"\x02\x20\x00\x04", 6: b"\x03\x80\x00\x10"}
_int4, _int8 = struct.Struct(">i").pack, struct.Struct(">q").pack
_float8 = struct.Struct(">d").pack
_array_head = struct.Struct(">iiiii").pack


def int4(value: int) -> bytes:
    return _int4(value)


def int8(value: int) -> bytes:
    return _int8(value)


def float8(value: float) -> bytes:
    return _float8(value)


def boolean(value: bool) -> bytes:
    return b"\x01" if value else b"\x00"


def uuid(value: UUID) -> bytes:
    return value.bytes


def day(value: date) -> bytes:
    return _int4((value - _DAY_0).days)


def moment(value: datetime) -> bytes:
    return _int8((value - _TIME_0) // _MICROSECOND)


def text(value: str) -> bytes:
    return value.encode()


def plain(value: bytes) -> bytes:
    return value


def json(value: str) -> bytes:
    return b"\x01" + value.encode()


def address(value: str) -> bytes:
    found = ipaddress.ip_address(value)
    return _IP_FAMILIES[found.version] + found.packed


def array(encode: Encode, oid: int) -> Encode:
    """The encoding of lists, which may hold None; `oid` is that of their elements' type."""

    def encoded(values: Sequence[Any]) -> bytes:
        if not values:
            return _array_head(0, 0, oid, 0, 0)[:12]
        pieces, has_null = [b""], False
        for value in values:
            if value is None:
                has_null = True
                pieces.append(NULL)
            else:
                element = encode(value)
                pieces += (_int4(len(element)), element)
        pieces[0] = _array_head(1, has_null, oid, len(values), 1)
        return b"".join(pieces)

    return encoded


_SCALARS: Mapping[str, tuple[Encode, int]] = {
    "bool": (boolean, 16),
    "bytea": (plain, 17),
    "bigint": (int8, 20),
    "int4": (int4, 23),
    "text": (text, 25),
    "float8": (float8, 701),
    "inet": (address, 869),
    "date": (day, 1082),
    "timestamptz": (moment, 1184),
    "uuid": (uuid, 2950),
    "jsonb": (json, 3802),
}
KINDS: Mapping[str, Encode] = {
    **{kind: encode for kind, (encode, _) in _SCALARS.items()},
    **{f"{kind}[]": array(encode, oid) for kind, (encode, oid) in _SCALARS.items()},
}
text_array = KINDS["text[]"]
