"""The exact bytes of an event that will be hashed into the Merkle tree, and the commitment to its detail."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def commitment(salt: bytes, detail: dict[str, Any]) -> bytes:
    """SHA-256(0x02 || salt || JCS(detail)); with both erased the leaf still verifies and the detail stays unknown."""
    return hashlib.sha256(b"\x02" + salt + rfc8785.dumps(detail)).digest()


def canonical(header: dict[str, Any]) -> bytes:
    """RFC 8785 bytes of the header. The database's own `id` and `xid` are not in it (architecture 10.3)."""
    return rfc8785.dumps(header)
