"""Whitening: bits XOR a stream that only the holder of the key can make."""

from __future__ import annotations

import hashlib


def whiten(bits: str, key: bytes) -> str:
    """Bits XOR SHAKE-256(key); its own inverse. An empty key leaves the bits as they are."""
    if not key or not bits:
        return bits
    stream = hashlib.shake_256(key).digest(-(-len(bits) // 8))
    mask = "".join(f"{byte:08b}" for byte in stream)
    return "".join("1" if bit != other else "0" for bit, other in zip(bits, mask, strict=False))
