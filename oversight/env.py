"""Typed readers of environment variables. Each fails at start with the variable's name."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit


class Misconfigured(RuntimeError):
    """A setting is missing or cannot be read; the message names the variable and the next step."""


_MISSING = object()


def _raw(name: str, default: object) -> object:
    value = os.environ.get(name)
    if value is not None and value != "":
        return value
    if default is _MISSING:
        raise Misconfigured(f"{name} is not set; see .env.example")
    return default


def text(name: str, default: object = _MISSING) -> str:
    """Read a string."""
    return str(_raw(name, default))


def flag(name: str, *, default: bool = False) -> bool:
    """Read 1/0, true/false, yes/no, on/off."""
    value = str(_raw(name, "1" if default else "0")).lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise Misconfigured(f"{name}={value!r} is not a flag: use 1 or 0")


def integer(name: str, default: int, *, low: int = 0) -> int:
    """Read an integer of at least `low`."""
    value = str(_raw(name, default))
    if not value.lstrip("-").isdigit() or int(value) < low:
        raise Misconfigured(f"{name}={value!r} is not an integer of at least {low}")
    return int(value)


def seconds(name: str, default: float) -> float:
    """Read a duration in seconds."""
    value = str(_raw(name, default))
    try:
        return float(value)
    except ValueError:
        raise Misconfigured(f"{name}={value!r} is not a number of seconds") from None


def numbers(name: str, *, least: int, most: int) -> tuple[float, ...]:
    """Read so many numbers that are not negative, separated by commas; none where it is not set."""
    found = words(name)
    try:
        values = tuple(float(word) for word in found)
    except ValueError:
        values = (-1.0,)
    if found and not (least <= len(values) <= most and all(0 <= value < float("inf") for value in values)):
        raise Misconfigured(f"{name}={','.join(found)!r} is not {least} to {most} numbers separated by commas")
    return values


def words(name: str, default: str = "") -> tuple[str, ...]:
    """Read a comma-separated list."""
    return tuple(word.strip() for word in str(_raw(name, default)).split(",") if word.strip())


def url(name: str, default: object = _MISSING) -> str:
    """Read a URL with scheme and host; an empty default stays empty."""
    value = str(_raw(name, default))
    if value:
        parts = urlsplit(value)
        if not parts.scheme or not (parts.hostname or parts.path or parts.query):
            raise Misconfigured(f"{name} is not a URL")
    return value


def secret(name: str, default: object = _MISSING) -> str:
    """Read a secret from NAME, or from the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise Misconfigured(f"{name}_FILE={path!r} cannot be read: {error.strerror}") from None
    return str(_raw(name, default))


def kept_secret(path: Path) -> str:
    """The secret in `path`, made once and readable by its owner only: for the embedded default."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
