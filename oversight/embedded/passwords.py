"""Random secrets, made once and kept in files that only we can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def read(path: Path) -> str | None:
    """The kept secret, or None if there is none. An empty file is a half-made one and counts as none."""
    try:
        return path.read_text().strip() or None
    except FileNotFoundError:
        return None


def read_or_make(path: Path) -> str:
    kept = read(path)
    return kept if kept else _make(path)


def _make(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Hexadecimal digits need no escaping in a URL, in SQL or in a configuration file.
    secret = secrets.token_hex(24)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
    fresh.replace(path)
    return secret
