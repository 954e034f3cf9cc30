"""Why a monitor flags more than 1 % of some clean texts: read in the texts by people, and written down here."""

from __future__ import annotations

UNEXPLAINED = "not looked into"
# (monitor, source or family) -> why.
NOTES: dict[tuple[str, str], str] = {}


def note(monitor: str, source: str, family: str) -> str:
    """The note for the row, or for its family in any source."""
    return NOTES.get((monitor, source)) or NOTES.get((monitor, family)) or UNEXPLAINED
