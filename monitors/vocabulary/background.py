"""What words do in ordinary transcripts of many models: the baseline beside which a set is seen.

Made from public transcripts by `python -m tests.vocabulary_tables` (see monitors/languages/NOTICE for the sources).
"""

from __future__ import annotations

from functools import cache
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.vocabulary.words import END

TABLES = Path(__file__).parent / "background.npz"
Numbers = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
# Words that say nothing of a topic: they open, link and hesitate.
_PARTICLES = (
    "hmm hm hmmm mm mmm mhm uh um er erm ah aha oh ooh huh hey wait okay ok alright right well yeah yep yes nope "
    "no ugh whoa wow phew oops hold actually"
)
PARTICLES = frozenset(_PARTICLES.split())
_LINKS = (
    "the a an this that these those some any each every all both either neither such same other another much many "
    "more most few less i me my we us our you your he him his she her it its they them their who which what whose "
    "where when why how if then else than so thus hence therefore and or but nor yet for because since while "
    "although though unless until as of in on at by to from with without into onto over under between among "
    "through during before after about against above below near off up down out again further once here there now "
    "still just only even also too very quite rather almost perhaps maybe possibly probably likely certainly "
    "indeed however moreover furthermore besides instead otherwise anyway meanwhile alternatively is are was were "
    "be been being am do does did done doing have has had having will would shall should can could may might must "
    "not never always often sometimes usually let lets it's that's i'm let's don't doesn't isn't can't i'll i'd "
    "we'll they're basically essentially simply clearly obviously finally first next last"
)
LINKS = frozenset(_LINKS.split())


class Background(NamedTuple):
    """`frame` are the commonest words, which hold no topic, and after them sentence end and any other word.

    rate, highest : per word of the frame, occurrences per word in all transcripts and in the set that has most.
    spread : how much more than Poisson the counts vary, var = m + spread m^2.
    wander : variance between texts of the mean bits that a word's neighbours have.
    left, right : bits of each neighbour (column) of each word of the frame (row).
    """

    known: frozenset[str]
    frame: dict[str, int]
    names: tuple[str, ...]
    rate: Numbers
    highest: Numbers
    spread: Numbers
    wander: Numbers
    left: Numbers
    right: Numbers

    @property
    def other(self) -> int:
        return len(self.names) + 1

    def ids(self, words: list[str]) -> Ids:
        """The place of each word in the frame; sentence end and all other words come after it."""
        return np.fromiter(map(self.frame.get, words, repeat(self.other)), np.int64, len(words))


@cache
def background() -> Background:
    with np.load(TABLES, allow_pickle=False) as kept:
        names = tuple(str(word) for word in kept["frame"])
        return Background(
            frozenset(str(kept["known"]).split()),
            {**{word: i for i, word in enumerate(names)}, END: len(names)},
            names,
            *(kept[key].astype(np.float64) for key in ("rate", "highest", "spread", "wander")),
            *(kept[key].astype(np.float64) / 16.0 for key in ("left", "right")),
        )
