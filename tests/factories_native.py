"""A transcript in our native form, without anything of Django."""

from __future__ import annotations

import secrets
from typing import Any


def native(
    *, reasoning: str = "First. Then second.", prompt: str = "A question?", answer: str = "42", **extra: Any
) -> dict[str, Any]:
    """One question, its reasoning and its answer, under a fresh id."""
    parts = [{"type": "reasoning", "text": reasoning}] if reasoning else []
    return {
        "id": secrets.token_hex(8),
        "model": "test-model",
        "messages": [
            {"role": "user", "parts": [{"type": "text", "text": prompt}]},
            {"role": "assistant", "parts": [*parts, {"type": "text", "text": answer}]},
        ],
        **extra,
    }
