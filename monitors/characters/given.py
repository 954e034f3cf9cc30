"""What the model was given to read: hidden content that is only repeated does not count again."""

from __future__ import annotations

from dataclasses import dataclass

_AROUND = 4


@dataclass(frozen=True, slots=True)
class Given:
    """The texts of the prompt and of tool results so far. Empty for the prompt itself."""

    texts: tuple[str, ...] = ()

    def has(self, passage: str, /) -> bool:
        return any(passage in text for text in self.texts)

    def has_run(self, text: str, start: int, end: int, /) -> bool:
        """The span itself stands there, or for one character: with what is around it."""
        around = _AROUND if end - start == 1 else 0
        return bool(self.texts) and self.has(text[max(start - around, 0) : end + around])

    def has_characters(self, chars: str, /) -> bool:
        return bool(self.texts) and set(chars) <= set().union(*self.texts)

    def has_sequence(self, symbols: str, /) -> bool:
        """These characters, in this order and with no other of their set between them."""
        kept = set(symbols)
        return any(symbols in "".join(char for char in text if char in kept) for text in self.texts)
