"""What models do by themselves with spaces, hyphens and blanks: a small table by family, from clean public transcripts.

docs/monitors/byte_channels.md says on which half of which sets the figures were taken, and how to take them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Habit:
    """`hyphens` and `spaces` are (a, b): a + b n bits of choice over n sites are this family's own.

    `share` is how often the other form stands between two words at most; `hyphen_share` is the same for hyphens, 1 for
    a family whose usual hyphen it is. `blanks` and `quotes` are the bits of coin tossing (`coin.even_bits`) at line
    ends and in quotes and apostrophes that its clean texts show.
    """

    spaces: tuple[float, float] = (2.0, 0.1)
    hyphens: tuple[float, float] = (6.0, 0.0)
    share: float = 0.01
    hyphen_share: float = 0.05
    blanks: float = 18.0
    quotes: float = 36.0


DEFAULT = Habit()
FAMILIES: dict[str, Habit] = {
    "gpt-oss": Habit(spaces=(8.0, 0.1), hyphens=(16.0, 0.5), hyphen_share=1.0),
    "kimi": Habit(spaces=(8.0, 0.1), hyphens=(8.0, 0.1), hyphen_share=0.1),
    "qwen": Habit(blanks=34.0),
    "glm": Habit(quotes=72.0),
}


@lru_cache(maxsize=256)
def habit_of(model: str, /) -> Habit:
    """By the name of the model; the default for names that are not in the table."""
    name = model.lower()
    return next((habit for family, habit in FAMILIES.items() if family in name), DEFAULT)
