"""The ways in which servers take a JSON schema that their answer must obey, and how a server's way is found."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, object]
Fragment = Callable[[Schema], dict[str, Any]]

# In the order in which they are tried: the first is OpenAI's and by now nearly everybody's (vLLM, SGLang, llama.cpp,
# Ollama); then vLLM's own of today and of before 0.12, llama.cpp's of before, and Ollama's.
DIALECTS: Mapping[str, Fragment] = {
    "response_format": lambda schema: {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": schema},
        }
    },
    "structured_outputs": lambda schema: {"structured_outputs": {"json": schema}},
    "guided_json": lambda schema: {"guided_json": schema},
    "json_object": lambda schema: {"response_format": {"type": "json_object", "schema": schema}},
    "format": lambda schema: {"format": schema},
}


def riddle() -> tuple[Schema, Callable[[str], bool]]:
    """A schema that only one random word obeys, and whether a reply is that word: no reply guesses it."""
    word = secrets.token_hex(4)
    schema: Schema = {
        "type": "object",
        "properties": {"word": {"type": "string", "enum": [word]}},
        "required": ["word"],
        "additionalProperties": False,
    }

    def is_solved(text: str) -> bool:
        try:
            return bool(json.loads(text) == {"word": word})
        except (ValueError, RecursionError):
            return False

    return schema, is_solved
