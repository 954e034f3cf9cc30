"""Model names to families of models."""

from __future__ import annotations

import re

# The first that is found in the name counts: a distilled model is of its student's name for us, not of its teacher's.
_FAMILIES = (
    ("gpt-oss", "gpt-oss"),
    ("olmo", "OLMo"),
    ("r1-distill", "DeepSeek-R1 distilled"),
    ("deepseek", "DeepSeek"),
    ("claude", "Claude"),
    ("kimi", "Kimi"),
    ("glm", "GLM"),
    ("grok", "Grok"),
    ("qwen", "Qwen"),
    ("llama", "Llama"),
    ("gemini", "Gemini"),
    ("mistral|magistral", "Mistral"),
    ("palm", "PaLM"),
    ("gpt-3(?!\\.)", "GPT-3"),
    ("gpt|(?<![a-z])o[134](?![a-z])", "GPT"),
)
UNKNOWN = "not stated"


def family(model: str, /) -> str:
    """The family of a model, by its name."""
    name = model.lower()
    return next((label for pattern, label in _FAMILIES if re.search(pattern, name)), UNKNOWN)
