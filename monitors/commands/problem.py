"""A request that cannot be carried out, in a sentence that says what to do."""

from __future__ import annotations


class Problem(ValueError):
    """Ends the command with status 2."""
