"""The one way in which a payload is refused: what is wrong, and where. Never with text of the payload in it."""

from __future__ import annotations


class FormatError(ValueError):
    """A payload that we do not read. `place` is a path (`messages[2].role`) or an offset (`byte 1042`)."""

    def __init__(self, message: str, *, place: str = "payload") -> None:
        super().__init__(f"{place}: {message}")
        self.message = message
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self.message, self.place)


def _restore(message: str, place: str) -> FormatError:
    return FormatError(message, place=place)
