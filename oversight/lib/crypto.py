"""Secrets at rest, sealed under FIELD_KEY and bound to the row they belong to."""

from __future__ import annotations

import base64
import hashlib
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12


def _cipher() -> AESGCM:
    return AESGCM(hashlib.sha256(settings.FIELD_KEY.encode()).digest())


def seal(plain: bytes, *, owner: str) -> bytes:
    """AES-256-GCM; `owner` (table and key of the row) is authenticated, so that a sealed value cannot be moved."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, plain, owner.encode())


def unseal(sealed: bytes, *, owner: str) -> bytes:
    """Raises cryptography.exceptions.InvalidTag when key, owner or bytes are not those of `seal`."""
    return _cipher().decrypt(bytes(sealed[:_NONCE_BYTES]), bytes(sealed[_NONCE_BYTES:]), owner.encode())


def token(n_bytes: int = 32) -> str:
    """Random URL-safe text without padding."""
    return base64.urlsafe_b64encode(os.urandom(n_bytes)).rstrip(b"=").decode()
