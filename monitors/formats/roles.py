"""The roles of all formats as our four."""

from __future__ import annotations

from monitors.formats.errors import FormatError
from monitors.transcript import Role

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "human": Role.USER,
    "assistant": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "gpt": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
    "ipython": Role.TOOL,
}


def role_of(value: object, place: str) -> Role:
    if isinstance(value, str) and value in _ROLES:
        return _ROLES[value]
    raise FormatError(f"expected a role, one of {', '.join(_ROLES)}", place=place)
