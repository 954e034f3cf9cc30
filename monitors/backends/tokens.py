"""Text to tokens: no text ever becomes a control token, and offsets are code points of the text as it was given."""

from __future__ import annotations

from typing import Any


def encode(tokenizer: Any, text: str, *, special: bool = False) -> list[int]:
    """Token ids; only with `special` (for templates, never for texts) are control tokens recognised."""
    text = replace_surrogates(text)
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=not special)["input_ids"])


def encode_with_offsets(tokenizer: Any, text: str) -> tuple[list[int], tuple[tuple[int, int], ...]]:
    """Token ids and for each the (start, end) of the characters that it stands for, or is a part of."""
    encoding = tokenizer(
        replace_surrogates(text),
        add_special_tokens=False,
        split_special_tokens=True,
        return_offsets_mapping=True,
    )
    return list(encoding["input_ids"]), tuple((int(a), int(b)) for a, b in encoding["offset_mapping"])


def replace_surrogates(text: str) -> str:
    """Lone surrogates to U+FFFD one for one: tokenizers refuse them, and offsets must not move."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
